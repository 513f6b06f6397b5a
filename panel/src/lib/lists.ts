// Lists of the API, one function each: from a cursor to a page.

import { answered, api } from "../api/client";

const LIMIT = 100;

/** Query parameters of a page; a cursor that is not there is left out. */
const page = (cursor: string | undefined): { limit: number; cursor?: string } => ({ limit: LIMIT, ...(cursor ? { cursor } : {}) });

export const participants = (cursor?: string) =>
  answered(api.GET("/v1/participants", { params: { query: page(cursor) } }));

export const memberships = (participant_id: string) => (cursor?: string) =>
  answered(api.GET("/v1/participants/{participant_id}/memberships", { params: { path: { participant_id }, query: page(cursor) } }));

export const members = (symbol: string) => (cursor?: string) =>
  answered(api.GET("/v1/pools/{symbol}/members", { params: { path: { symbol }, query: page(cursor) } }));

export const orders = (symbol: string) => (cursor?: string) =>
  answered(api.GET("/v1/mm-orders/{symbol}", { params: { path: { symbol }, query: page(cursor) } }));

export const fills = (symbol: string) => (cursor?: string) =>
  answered(api.GET("/v1/mm-fills/{symbol}", { params: { path: { symbol }, query: page(cursor) } }));

export const settlements = (cursor?: string) =>
  answered(api.GET("/v1/settlements", { params: { query: page(cursor) } }));

export const audit = (cursor?: string) => answered(api.GET("/v1/audit", { params: { query: page(cursor) } }));
