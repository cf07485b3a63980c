/** What natives.ts puts in place for sources of hosts on chips: see hosts/esp32/declarations/native.d.ts. */
declare function native(name: string): { call<Result>(self: unknown, ...parameters: unknown[]): Result };
declare function Native(name: string): new () => object;
declare function trace(text: string): void;
