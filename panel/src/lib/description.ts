// The service's own description of a body: the fields of a form with their bounds, defaults and help.

import { useQuery } from "@tanstack/react-query";

export type FieldRule = { name: string; kind: "text" | "number" | "boolean" | "choice" | "object"; choices: string[]; help: string; initial: string; required: boolean };

type JsonSchema = {
  $ref?: string; type?: string; enum?: unknown[]; anyOf?: JsonSchema[]; description?: string; default?: unknown;
  minimum?: number; maximum?: number; exclusiveMinimum?: number; exclusiveMaximum?: number;
  properties?: Record<string, JsonSchema>; required?: string[];
};
type Described = { operationId?: string; "x-roles"?: string[] };
export type Description = { components: { schemas: Record<string, JsonSchema> }; paths?: Record<string, Record<string, Described>> };

/** The rules of every field of the component `name`. */
export function rulesOf(description: Description, name: string): FieldRule[] {
  const schema = description.components.schemas[name];
  const required = new Set(schema?.required ?? []);
  return Object.entries(schema?.properties ?? {}).map(([field, each]) => rule(description, field, each, required.has(field)));
}

function rule(description: Description, name: string, schema: JsonSchema, required: boolean): FieldRule {
  const forms = resolved(description, schema).filter((each) => each.type !== "null");
  const choices = forms.flatMap((each) => each.enum ?? []).map(String);
  const types = forms.map((each) => each.type);
  const kind = choices.length > 0 ? "choice" : types.includes("boolean") ? "boolean" : types.includes("object") ? "object" : types.includes("number") || types.includes("integer") ? "number" : "text";
  return { name, kind, choices, required, help: schema.description ?? bounds(forms), initial: shown(schema.default) };
}

function resolved(description: Description, schema: JsonSchema): JsonSchema[] {
  if (schema.anyOf) return schema.anyOf.flatMap((each) => resolved(description, each));
  const name = schema.$ref?.split("/").at(-1);
  const target = name ? description.components.schemas[name] : undefined;
  return target ? resolved(description, target) : [schema];
}

function bounds(forms: JsonSchema[]): string {
  for (const form of forms) {
    const low = form.minimum !== undefined ? `at least ${form.minimum}` : form.exclusiveMinimum !== undefined ? `above ${form.exclusiveMinimum}` : "";
    const high = form.maximum !== undefined ? `at most ${form.maximum}` : form.exclusiveMaximum !== undefined ? `below ${form.exclusiveMaximum}` : "";
    if (low || high) return [low, high].filter(Boolean).join(", ");
  }
  return "";
}

/** A value as it stands in an input. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What is sent for the text of an input; text that is not of the kind is sent as typed, and the service names it. */
export function sent(kind: FieldRule["kind"], text: string): unknown {
  if (kind === "boolean") return text === "true";
  if (kind === "object") { try { return JSON.parse(text || "{}"); } catch { return text; } }
  if (kind === "number" && /^-?\d{1,15}$/.test(text)) return Number(text);
  return text;
}

async function described(): Promise<Description> {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error(`the description of the API: the service answered ${answer.status}`);
  return (await answer.json()) as Description;
}

export const useDescription = () => useQuery({ queryKey: ["description"], staleTime: Infinity, queryFn: described });
