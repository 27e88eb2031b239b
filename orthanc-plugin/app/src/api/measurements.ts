// The plugin's own routes: `GET /bone-muscle/openapi.json` describes them.

import { get, post, segment, url } from './http';
import type { Report } from './report';

/** A study, or one series of it that was measured by itself. */
export interface Resource {
  kind: 'studies' | 'series';
  id: string;
}

export type State = 'queued' | 'running' | 'done' | 'failed' | 'interrupted';

/** The latest measurement of a resource. */
export interface Record {
  state: State;
  request: unknown;
  queued: string;
  started: string | null;
  finished: string | null;
  error: { http_status: number; details: string } | null;
  /** Why it still waits. */
  obstacle?: { since: string; details: string };
  report: Report | null;
  instances: { [file: string]: { id: string; sop_instance_uid: string } };
  stage?: string;
  progress?: number;
}

/** The body of a POST; absent keys leave the choice to the plugin. */
export interface Request {
  Measurements?: string[];
  Segmentation?: { Series?: string; Model?: string; Passes?: number };
  Calibration?: string | { Method: string; Id?: string };
  HipXray?: { Side?: string; Magnification?: number; Film?: string; Model?: string };
  Patient?: { HeightMeters?: number; WeightKilograms?: number };
  Language?: string;
}

export interface Model {
  name: string;
  version: string | null;
  kind?: 'ct' | 'hip-xray';
  problem?: string | null;
}

interface Models {
  engine: { name: string | null; problem: string | null };
  models: Model[];
}

export interface StoredCalibration {
  id: string;
  expires: string;
}

export interface Waiting {
  /** `studies/ID` or `series/ID`. */
  Resource: string;
  State: State;
  Trigger: 'user' | 'automatic' | 'back-fill';
  Progress: number;
  Position: number;
}

/** Differences that are no chance, by quantity; empty where the site states none. */
export type LeastSignificantChanges = { readonly [quantity: string]: number };

export function path(resource: Resource, file = ''): string {
  return `${resource.kind}/${segment(resource.id)}/bone-muscle${file && `/${file}`}`;
}

/** Address of a file of a result, for links and images. */
export function fileUrl(resource: Resource, file: string): string {
  return url(path(resource, file));
}

/** The attachment that is the record of the latest measurement. */
const ATTACHMENT = '4750';

/** Asked before the record itself: a 404 for each study that was never measured would fill the browser's console. */
export async function isMeasured(resource: Resource, signal?: AbortSignal): Promise<boolean> {
  const attachments = await get<unknown>(`${resource.kind}/${segment(resource.id)}/attachments?full`, signal);
  const numbers = Array.isArray(attachments) ? attachments : Object.values(attachments ?? {});
  return numbers.map(String).includes(ATTACHMENT);
}

/** Null where the resource was never measured. */
export async function record(resource: Resource, signal?: AbortSignal): Promise<Record | null> {
  return (await isMeasured(resource, signal)) ? knownRecord(resource, signal) : null;
}

/** The record of a resource that was measured, or is being so. */
export function knownRecord(resource: Resource, signal?: AbortSignal): Promise<Record> {
  return get(path(resource), signal);
}

export function measure(resource: Resource, request: Request): Promise<unknown> {
  return post(path(resource), request);
}

export function cancel(resource: Resource): Promise<unknown> {
  return post(path(resource, 'cancel'), {});
}

export function models(): Promise<Models> {
  return get('bone-muscle/models');
}

export async function calibrations(): Promise<StoredCalibration[]> {
  return Object.values(await get<{ [id: string]: StoredCalibration }>('bone-muscle/calibrations'));
}

export function queue(signal?: AbortSignal): Promise<Waiting[]> {
  return get('bone-muscle/queue', signal);
}

export async function leastSignificantChanges(): Promise<LeastSignificantChanges> {
  const status = await get<{ Configuration?: { LeastSignificantChange?: LeastSignificantChanges } }>('bone-muscle/status');
  return status.Configuration?.LeastSignificantChange ?? {};
}
