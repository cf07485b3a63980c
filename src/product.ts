import { frozen } from "../modules/frozen.ts";

/**
 * Everything that makes this application your product. What the factory put on a device (host.factory) wins over it.
 */
export const product = frozen({
	manufacturer: "Dormouse",
	modelNumber: "Reference thermometer",
	deviceType: "thermometer",
	firmwareVersion: "0.1.0",
	/** Unique on each server: give every device its own in the factory. */
	endpointName: "dormouse",
	/** The LwM2M version to register as; "1.2" where the server has it. */
	enabler: "1.1",
	/** Those that may be spoken with a server that refuses it. */
	enablers: ["1.0", "1.1", "1.2"],
	/** The LwM2M Server to register with, and how long a registration lasts without a sign of life. */
	server: { uri: "coap://localhost:5683", shortServerId: 1, lifetimeS: 300 },
	/** The point of the key that signs factory records, P-256, 65 bytes; undefined: no signature is asked for. */
	factoryPublicPoint: undefined,
	/**
	 * Queue mode (modules/sleep): servers hold their requests until they hear from us, and the device sleeps.
	 * awake: how long they are heard after the last message, milliseconds; "measured" for less where a server is known to
	 * ask at once; undefined for MAX_TRANSMIT_WAIT, 93 s. deepest: of "idle", "light", "deep", "off".
	 * tolerances, tuning: in place of defaultTolerances and defaultSleepTuning. sampleEveryS: in place of every 5 s.
	 * lifetimeS: in place of server.lifetimeS, for an Update a day.
	 */
	sleep: {
		queueMode: false,
		awake: undefined,
		deepest: "deep",
		tolerances: { aheadMs: 3_600_000, leadMs: 500 },
		tuning: { lightMs: 50 },
		sampleEveryS: 60,
		lifetimeS: 86_400,
	},
	/** Connection IDs (RFC 9146); a handshake's first timeout, 9000 on cellular links (RFC 7925 §11). */
	dtls: { connectionId: true, flightTimeoutMs: 1000 },
});
