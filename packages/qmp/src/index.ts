/// <reference types="node" preserve="true" />
export type {
  ArgumentsOf,
  ExecuteArguments,
  ExecuteOptions,
  QmpCall,
  ReturnsOf,
  WaitOptions,
} from './call.js';
export { QmpClient } from './client.js';
export type * from './commands/block.js';
export type { NoArguments, QmpCommandName, QmpCommands } from './commands/map.js';
export type * from './commands/migration.js';
export type * from './commands/vm.js';
export { type ConnectQmpOptions, connectQmp } from './connect.js';
export { QmpError, type QmpErrorCode, type QmpErrorDetails } from './error.js';
export {
  isEvent,
  type QmpEvent,
  type QmpEventData,
  type QmpEventName,
  type QmpEventOf,
  type WireEvent,
} from './event.js';
export type { EventFilter, EventStream, EventStreamOptions } from './event-stream.js';
export { parseJson, type QmpInteger, stringifyJson } from './json.js';
export {
  type QmpErrorReply,
  type QmpGreeting,
  QmpSession,
  type QmpSessionOptions,
  type SessionMessage,
} from './session.js';
export { parseQmpUri, type QmpAddress } from './uri.js';
