import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { PARAMTYPES_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { type INestApplicationContext, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { dtoValidator } from './dto-pipe.js';
import type { DtoValidator } from './dto-validator.js';
import { addRouteConfig, messageOf } from './envelope.js';
import { type OperationDoc, operationOf } from './openapi/operation.js';

/** What a method of a controller takes, and what it says of itself. */
export interface RouteInput {
  /** `Controller.method` */
  id: string;
  body?: DtoValidator;
  query?: DtoValidator;
  /** Of its answers, unless they bring their own. */
  message: string;
  doc?: OperationDoc<unknown>;
}

/** Nest's notes on the parameters of a method, by `<kind>:<index>`. */
type ParameterNotes = Record<string, { index: number; data?: unknown }>;

/**
 * Makes every DTO of every controller ready and closes routes to input that they do not take. Call it before the routes are
 * registered.
 * @throws Error when a decorator of a DTO has no rule: the server does not start
 */
export function prepareRoutes(app: INestApplicationContext): RouteInput[] {
  const modules = [...app.get(ModulesContainer).values()];
  const controllers = new Set(
    modules.flatMap((module) => [...module.controllers.values()].map(({ metatype }) => metatype)),
  );
  return [...controllers].flatMap((controller) => (controller === null ? [] : controllerRoutes(controller as Type)));
}

function controllerRoutes(controller: Type): RouteInput[] {
  const prototype = controller.prototype as Record<string, unknown>;
  const methods = Object.getOwnPropertyNames(prototype).filter((name) => isRoute(prototype[name]));
  return methods.map((method) => {
    const parameters = readParameters(controller, method);
    const handler = prototype[method] as object;
    closeRoute(handler, parameters);
    const dto = (kind: RouteParamtypes) => {
      const type = parameters.find((parameter) => parameter.kind === kind && parameter.name === undefined)?.type;
      return type === undefined ? undefined : (dtoValidator(type) ?? undefined);
    };
    return {
      id: `${controller.name}.${method}`,
      body: dto(RouteParamtypes.BODY),
      query: dto(RouteParamtypes.QUERY),
      message: messageOf(handler),
      doc: operationOf(handler),
    };
  });
}

function isRoute(member: unknown): boolean {
  return typeof member === 'function' && Reflect.hasMetadata(PATH_METADATA, member);
}

function readParameters(controller: Type, method: string) {
  const notes = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {}) as ParameterNotes;
  const types = (Reflect.getMetadata(PARAMTYPES_METADATA, controller.prototype as object, method) ?? []) as Type[];
  return Object.entries(notes).map(([key, { index, data }]) => ({
    kind: Number(key.split(':', 1)[0]),
    name: typeof data === 'string' ? data : undefined,
    type: types[index],
  }));
}

function closeRoute(handler: object, parameters: ReturnType<typeof readParameters>): void {
  const kinds = parameters.map(({ kind }) => kind);
  // Who takes the request itself may read anything of it.
  if (kinds.includes(RouteParamtypes.REQUEST)) return;
  const queries = parameters.filter(({ kind }) => kind === RouteParamtypes.QUERY);
  const names = queries.map(({ name }) => name).filter((name) => name !== undefined);
  if (names.length === queries.length) addRouteConfig(handler, { parameters: names });
  if (!kinds.includes(RouteParamtypes.BODY)) addRouteConfig(handler, { takesNoBody: true });
}
