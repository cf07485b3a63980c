import { frozen } from "../frozen.ts";

/** What a handshake message is (RFC 5246 §7.4, RFC 6347 §4.3.2, RFC 5077 §3.3). */
export const HandshakeType = frozen({
	helloRequest: 0,
	clientHello: 1,
	serverHello: 2,
	helloVerifyRequest: 3,
	newSessionTicket: 4,
	certificate: 11,
	serverKeyExchange: 12,
	certificateRequest: 13,
	serverHelloDone: 14,
	certificateVerify: 15,
	clientKeyExchange: 16,
	finished: 20,
});

/** DTLS versions are ones' complements, and so count down (RFC 6347 §4.1). */
export const ProtocolVersion = frozen({ dtls10: 0xfeff, dtls12: 0xfefd });

/** Type, length, message sequence, fragment offset and fragment length (RFC 6347 §4.2.2). */
export const handshakeHeaderSize = 12;
