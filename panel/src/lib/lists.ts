// Lists of the API, one function each: from a cursor to a page.

import { answered, api } from "../api/client";
import type { operations } from "../api/schema";

const LIMIT = 100;

/** Query parameters of a page; a cursor that is not there is left out. */
const page = (cursor: string | undefined): { limit: number; cursor?: string } => ({ limit: LIMIT, ...(cursor ? { cursor } : {}) });

/** Filters as they are typed: what is empty is left out. */
export type Filters = Record<string, string>;
type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
const asked = <Name extends keyof operations>(filters: Filters, cursor: string | undefined): Query<Name> =>
  ({ ...page(cursor), ...Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== "")) }) as Query<Name>;

export const participants = (filters: Filters = {}) => (cursor?: string) =>
  answered(api.GET("/v1/participants", { params: { query: asked<"listParticipants">(filters, cursor) } }));

export const memberships = (participant_id: string) => (cursor?: string) =>
  answered(api.GET("/v1/participants/{participant_id}/memberships", { params: { path: { participant_id }, query: page(cursor) } }));

export const members = (symbol: string) => (cursor?: string) =>
  answered(api.GET("/v1/pools/{symbol}/members", { params: { path: { symbol }, query: page(cursor) } }));

export const orders = (symbol: string, filters: Filters = {}) => (cursor?: string) =>
  answered(api.GET("/v1/mm-orders/{symbol}", { params: { path: { symbol }, query: asked<"listSymbolOrders">(filters, cursor) } }));

export const fills = (symbol: string, filters: Filters = {}) => (cursor?: string) =>
  answered(api.GET("/v1/mm-fills/{symbol}", { params: { path: { symbol }, query: asked<"listSymbolFills">(filters, cursor) } }));

export const allFills = (filters: Filters) => (cursor?: string) =>
  answered(api.GET("/v1/mm-fills", { params: { query: asked<"listFills">(filters, cursor) } }));

export const settlements = (filters: Filters = {}) => (cursor?: string) =>
  answered(api.GET("/v1/settlements", { params: { query: asked<"listSettlements">(filters, cursor) } }));

export const ledger = (filters: Filters) => (cursor?: string) =>
  answered(api.GET("/v1/ledger", { params: { query: asked<"listLedgerEntries">(filters, cursor) } }));

export const audit = (filters: Filters = {}) => (cursor?: string) =>
  answered(api.GET("/v1/audit", { params: { query: asked<"listAudit">(filters, cursor) } }));

export const alerts = (filters: Filters = {}) => (cursor?: string) =>
  answered(api.GET("/v1/alerts", { params: { query: asked<"listAlerts">(filters, cursor) } }));

export const events = (symbol: string) => (cursor?: string) =>
  answered(api.GET("/v1/pools/{symbol}/events", { params: { path: { symbol }, query: page(cursor) } }));

export const versions = (symbol: string) => (cursor?: string) =>
  answered(api.GET("/v1/pools/{symbol}/versions", { params: { path: { symbol }, query: page(cursor) } }));
