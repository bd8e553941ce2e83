/** What the server takes and answers, by method and path, as its own description (`/openapi.json`) says. */
import type { components, paths } from "../../build/types/openapi";

type Method = "get" | "put" | "post" | "delete";

/** What the description says of a call; of several paths, of each. */
type Call<M extends Method, Path> = Path extends string
  ? { [Pattern in keyof paths]: WithoutQuery<Path> extends Pattern ? paths[Pattern][M] : never }[keyof paths]
  : never;

type WithoutQuery<Path extends string> = Path extends `${infer Before}?${string}` ? Before : Path;

/** Those paths at which there is such a call. */
export type Served<M extends Method, Path> = Path extends string
  ? [Call<M, Path>] extends [never]
    ? never
    : Path
  : never;

/** The body of a call. */
export type Body<M extends Method, Path> =
  Call<M, Path> extends { requestBody?: { content: { "application/json": infer Taken } } } ? Taken : undefined;

/** What a call is answered with when it goes well: `null` where there is no JSON. */
export type Answer<M extends Method, Path> =
  Call<M, Path> extends { responses: infer Responses }
    ? Json<Responses[keyof Responses & (200 | 201 | 202 | 204)]>
    : never;

type Json<Response> = Response extends { content: { "application/json": infer Told } } ? Told : null;

type Schemas = components["schemas"];
export type Device = Schemas["Dispositivo"];
/** Each rule adds fields of its own. */
export type Finding = Schemas["Evento"] & { [field: string]: any };
export type Room = Schemas["Habitacion"];
export type Myself = Schemas["Yo"];
