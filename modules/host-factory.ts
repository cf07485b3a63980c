/**
 * Keys for the server of a factory record, as the Security Object has them (LwM2M Core 1.1 Appendix E.1). A record is
 * text, so bytes are hexadecimal digits. Never logged.
 */
export interface FactorySecurity {
	readonly mode: "psk" | "rpk" | "x509";
	/** The PSK identity, our SubjectPublicKeyInfo or our certificate: Resource 3. */
	readonly publicKeyOrIdentity: string;
	/** The pre-shared or private key: Resource 5. */
	readonly secretKey: string;
	/** The server's SubjectPublicKeyInfo or certificate, or its issuer's: Resource 4. Not with a pre-shared key. */
	readonly serverPublicKey?: string;
	/** Resources 13 to 16. */
	readonly matchingType?: number;
	readonly sni?: string;
	readonly certificateUsage?: number;
	readonly ciphersuites?: readonly number[];
	/** Whether to offer connection IDs (RFC 9146); yes when left out. */
	readonly connectionId?: boolean;
	/** First timeout of a DTLS flight in milliseconds: 9000 for cellular links (RFC 7925 §11); 1000 when left out. */
	readonly flightTimeoutMs?: number;
}

/** One LwM2M Server of a factory record. */
export interface FactoryServer {
	/** coap://host:port, or coaps:// with `security`. */
	readonly uri: string;
	/** 1..65534, each another. */
	readonly shortServerId: number;
	readonly lifetimeS?: number;
	readonly security?: FactorySecurity;
	/** Other Resources of the Server Object by ID, 2 to 27; a list where there may be several. */
	readonly resources?: { readonly [id: string]: FactoryValue | readonly FactoryValue[] };
}

/** As the Resource has it, if it is no opaque and no link. */
export type FactoryValue = string | number | boolean;

/** The LwM2M Bootstrap-Server of a factory record. */
export interface FactoryBootstrap {
	/** coap://host:port, or coaps:// with `security`. */
	readonly uri: string;
	readonly security?: FactorySecurity;
	/** Client Hold Off Time, Resource 11. */
	readonly holdOffS?: number;
	/** How long the account is there after a bootstrap, Resource 12; for ever when left out. */
	readonly accountTimeoutS?: number;
}

/** Whether and how a device sleeps; each left out is as the product has it (src/product.ts). */
export interface FactorySleep {
	/** Registers in queue mode. Without it, nothing below means anything. */
	readonly queueMode?: boolean;
	/** How long servers are heard after the last message, in milliseconds, or "measured". */
	readonly awake?: number | "measured";
	/** A pause shorter than this is spent no deeper than light, in milliseconds; in place of what the host says. */
	readonly deepFromMs?: number;
	/** No deeper than this. */
	readonly deepest?: "idle" | "light" | "deep" | "off";
	/** What is due within so many milliseconds is said in a wake that talks anyway. */
	readonly aheadMs?: number;
	/** How often the thermometer measures. */
	readonly sampleEveryS?: number;
}

/**
 * What was put on this device in the factory, or given on the command line of a simulated one. Overrides
 * src/product.ts.
 */
export interface Factory {
	readonly endpointName?: string;
	/** coap://host:port of the LwM2M Server, or coaps:// with `security`. */
	readonly serverUri?: string;
	readonly security?: FactorySecurity;
	readonly lifetimeS?: number;
	/** Several LwM2M Servers, in place of `serverUri`, `security` and `lifetimeS`. */
	readonly servers?: readonly FactoryServer[];
	/** Whom to ask for servers. With it alone, there are none until it was asked. */
	readonly bootstrap?: FactoryBootstrap;
	/** The LwM2M version to register as. */
	readonly enabler?: "1.0" | "1.1" | "1.2";
	readonly serialNumber?: string;
	readonly sleep?: FactorySleep;
}
