// What the caller may do: its roles, and the roles that each operation names in the served description.

import { useQuery } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useMemo } from "react";
import { answered, api, Refused } from "../api/client";
import type { operations } from "../api/schema";
import { useDescription, type Description } from "./description";
import { useFeed } from "./stream";

export type Operation = keyof operations;
/** allowed: false only where it is known that the service refuses. needs: any one of these roles. known: whether the caller and the roles are. */
export type May = { allowed: boolean; needs: readonly string[]; known: boolean };

/** The roles of every operation, by its name. */
export function rolesOf(description: Description): Map<string, readonly string[]> {
  const each = Object.values(description.paths ?? {}).flatMap((path) => Object.values(path));
  return new Map(each.map((operation) => [operation.operationId ?? "", operation["x-roles"] ?? []]));
}

/** Whether one of `held` is among `needed`; an operation that names no role is anyone's. */
export const permits = (held: readonly string[], needed: readonly string[]): boolean =>
  needed.length === 0 || needed.some((role) => held.includes(role));

export const whoAmI = () => answered(api.GET("/v1/me", {}));

export const useMe = () => useQuery({ queryKey: ["me"], queryFn: whoAmI, staleTime: 60_000, retry: false });

/** Whether the service asks for a sign-in. */
export function useSignedOut(): boolean {
  const { error } = useMe();
  const refused = useFeed().connection === "refused"; // by a service that knows the sign-in no more
  return refused || (error instanceof Refused && error.problem.status === 401);
}

type Judge = (operation: Operation) => May;
const MayContext = createContext<Judge>(() => ({ allowed: true, needs: [], known: false }));
export const MayProvider = MayContext.Provider;

/** Judges an operation by the caller's roles. */
export const useMay = (): Judge => useContext(MayContext);

/** Made once for the whole page: a table of many pools has a control in each row. */
export function useJudge(): Judge {
  const me = useMe().data;
  const description = useDescription().data;
  const roles = useMemo(() => (description ? rolesOf(description) : null), [description]);
  return useCallback((operation) => {
    const needs = roles?.get(operation) ?? [];
    return { needs, allowed: !me || !roles || permits(me.roles, needs), known: Boolean(me && roles) };
  }, [me, roles]);
}
