// Lists of the API, one function each: from a cursor and an order to a page. Each carries the address of the whole list, for CSV.

import { answered, api, type Schemas } from "../api/client";
import type { operations } from "../api/schema";

const LIMIT = 100;

/** Filters as they are typed: what is empty is left out. */
export type Filters = Record<string, string>;
/** total: rows of all pages, where the service counts them. */
export type Page<Row> = { items: Row[]; next_cursor: string | null; total?: number | null };
/** sort: a name of the API's, with - before it for backwards; empty for the list's own order. */
export type FetchPage<Row> = ((cursor?: string, sort?: string) => Promise<Page<Row>>) & { address: string };

type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

const filled = (filters: Filters): Filters => Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ""));

/** Query parameters of a page; what is not there is left out. */
const asked = <Name extends keyof operations>(filters: Filters, cursor?: string, sort?: string): Query<Name> =>
  ({ limit: LIMIT, ...filled(filters), ...(cursor ? { cursor } : {}), ...(sort ? { sort } : {}) }) as Query<Name>;

const list = <Row>(path: string, filters: Filters, fetch: (cursor?: string, sort?: string) => Promise<Page<Row>>): FetchPage<Row> =>
  Object.assign(fetch, { address: `${path}?${new URLSearchParams({ ...filled(filters), format: "csv" })}` });

const part = encodeURIComponent;

export const participants = (filters: Filters = {}) => list("/v1/participants", filters, (cursor, sort) =>
  answered(api.GET("/v1/participants", { params: { query: asked<"listParticipants">(filters, cursor, sort) } })));

export const memberships = (participant_id: string) => list(`/v1/participants/${part(participant_id)}/memberships`, {}, (cursor) =>
  answered(api.GET("/v1/participants/{participant_id}/memberships", { params: { path: { participant_id }, query: asked<"listMemberships">({}, cursor) } })));

export const members = (symbol: string) => list(`/v1/pools/${part(symbol)}/members`, {}, (cursor) =>
  answered(api.GET("/v1/pools/{symbol}/members", { params: { path: { symbol }, query: asked<"listMembers">({}, cursor) } })));

export const orders = (symbol: string, filters: Filters = {}) => list(`/v1/mm-orders/${part(symbol)}`, filters, (cursor, sort) =>
  answered(api.GET("/v1/mm-orders/{symbol}", { params: { path: { symbol }, query: asked<"listSymbolOrders">(filters, cursor, sort) } })));

export const fills = (symbol: string, filters: Filters = {}) => list(`/v1/mm-fills/${part(symbol)}`, filters, (cursor, sort) =>
  answered(api.GET("/v1/mm-fills/{symbol}", { params: { path: { symbol }, query: asked<"listSymbolFills">(filters, cursor, sort) } })));

export const allFills = (filters: Filters) => list("/v1/mm-fills", filters, (cursor, sort) =>
  answered(api.GET("/v1/mm-fills", { params: { query: asked<"listFills">(filters, cursor, sort) } })));

export const settlements = (filters: Filters = {}) => list("/v1/settlements", filters, (cursor) =>
  answered(api.GET("/v1/settlements", { params: { query: asked<"listSettlements">(filters, cursor) } })));

export const ledger = (filters: Filters) => list("/v1/ledger", filters, (cursor, sort) =>
  answered(api.GET("/v1/ledger", { params: { query: asked<"listLedgerEntries">(filters, cursor, sort) } })));

export const audit = (filters: Filters = {}) => list("/v1/audit", filters, (cursor, sort) =>
  answered(api.GET("/v1/audit", { params: { query: asked<"listAudit">(filters, cursor, sort) } })));

export const hours = (filters: Filters = {}) => list("/v1/mm-analytics/hourly", filters, (cursor, sort) =>
  answered(api.GET("/v1/mm-analytics/hourly", { params: { query: asked<"listHourly">(filters, cursor, sort) } })));

export const alerts = (filters: Filters = {}) => list("/v1/alerts", filters, (cursor) =>
  answered(api.GET("/v1/alerts", { params: { query: asked<"listAlerts">(filters, cursor) } })));

export const events = (symbol: string) => list(`/v1/pools/${part(symbol)}/events`, {}, (cursor) =>
  answered(api.GET("/v1/pools/{symbol}/events", { params: { path: { symbol }, query: asked<"listPoolEvents">({}, cursor) } })));

export const versions = (symbol: string) => list(`/v1/pools/${part(symbol)}/versions`, {}, (cursor) =>
  answered(api.GET("/v1/pools/{symbol}/versions", { params: { path: { symbol }, query: asked<"listPoolVersions">({}, cursor) } })));

export const reports = () => list("/v1/reports", {}, (cursor) =>
  answered(api.GET("/v1/reports", { params: { query: asked<"listReports">({}, cursor) } })));

type Scored = Page<Schemas["DailyPerformance"]> & { today: Schemas["DailyPerformance"][] };
/** The day that is not over stands first, as far as it has come. */
const withToday = async (page: Promise<Scored>): Promise<Page<Schemas["DailyPerformance"]>> => {
  const { today, items, next_cursor } = await page;
  return { items: [...today, ...items], next_cursor };
};

export const participantDays = (participant_id: string) => list(`/v1/performance/${part(participant_id)}`, {}, (cursor) =>
  withToday(answered(api.GET("/v1/performance/{participant_id}", { params: { path: { participant_id }, query: asked<"getParticipantPerformance">({}, cursor) } }))));

export const symbolDays = (symbol: string) => list(`/v1/performance/symbol/${part(symbol)}`, {}, (cursor) =>
  withToday(answered(api.GET("/v1/performance/symbol/{symbol}", { params: { path: { symbol }, query: asked<"getSymbolPerformance">({}, cursor) } }))));
