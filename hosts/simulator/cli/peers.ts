/** What others take, as they publish it or as it was compiled for a Cortex-M4 with arm-none-eabi-gcc 12.2 -Os. */
export interface Peer {
	readonly name: string;
	readonly what: string;
	readonly flashBytes?: number;
	readonly ramBytes?: number;
	/** Where the figures stand, or how they were made. */
	readonly source: string;
}

const compiled = "compiled: -Os -DNDEBUG -mcpu=cortex-m4, sections collected, without libc and mbedTLS";

export const peers: readonly Peer[] = Object.freeze([
	{
		name: "Anjay Lite 2.0.0",
		what: "common (PSK, bootstrap, firmware)",
		flashBytes: 47_600,
		ramBytes: 9_068,
		source: "its CompilationImpact.rst: arm-gcc 14.2, no logs, no mbedTLS; static RAM",
	},
	{ name: "Anjay Lite 2.0.0", what: "everything, LwM2M 1.2", flashBytes: 65_500, source: "its CompilationImpact.rst" },
	{ name: "Wakaama", what: "1.0 and TLV", flashBytes: 27_000, source: compiled },
	{ name: "Wakaama", what: "1.1, bootstrap, TLV, JSON, SenML", flashBytes: 47_700, source: compiled },
	{ name: "Anjay 3.14", what: "embedded_lwm2m11, firmware, no logs", flashBytes: 137_500, source: compiled },
	{ name: "Anjay 3.14", what: "embedded_lwm2m12, firmware, no logs", flashBytes: 143_100, source: compiled },
	{
		name: "Pelion Client Lite",
		what: "a whole image (K64F, PSK)",
		flashBytes: 163_000,
		ramBytes: 38_000,
		source: "pelion.com: device-management-client-lite-memory-figures",
	},
	{
		name: "Zephyr's lwm2m",
		what: "its recommended minimum with DTLS, a whole image",
		flashBytes: 512_000,
		ramBytes: 64_000,
		source: "zephyr, pull request 7394",
	},
]);
