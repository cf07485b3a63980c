/** What natives.ts puts in place for sources of hosts on chips, and what hosts/esp32/tsconfig.json has from the SDK. */
declare function native(name: string): { call<Result>(self: unknown, ...parameters: unknown[]): Result };
declare function Native(name: string): new () => object;
declare function trace(text: string): void;

declare module "timer" {
	// biome-ignore lint/complexity/noStaticOnlyClass: the SDK's
	export default class Timer {
		static repeat(callback: () => void, delayMs: number): Timer;
		static schedule(timer: Timer, delayMs?: number, intervalMs?: number): void;
	}
}

declare module "mc/config" {
	const config: object;
	export default config;
}
