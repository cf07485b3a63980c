/** Datagrams that an attacker who sees the traffic, and holds no key, can send with the server's address. */
export interface Forgery {
	readonly name: string;
	readonly datagram: Uint8Array;
}

const hello = { helloRequest: 0, serverHello: 2, helloVerifyRequest: 3, finished: 20 } as const;
const dtls10 = [0xfe, 0xff];
const dtls12 = [0xfe, 0xfd];

interface RecordParts {
	readonly type: number;
	readonly epoch?: number;
	readonly sequence?: number;
	readonly body: readonly number[];
	/** What the header says, where that is not true. */
	readonly size?: number;
}

function record({ type, epoch = 0, sequence = 7, body, size = body.length }: RecordParts): Uint8Array {
	const header = [type, ...dtls12, epoch >> 8, epoch & 255, 0, 0, 0, 0, sequence >> 8, sequence & 255];
	return Uint8Array.from([...header, size >> 8, size & 255, ...body]);
}

interface MessageParts {
	readonly type: number;
	readonly sequence: number;
	readonly body: readonly number[];
	readonly total?: number;
	readonly offset?: number;
}

const uint24 = (value: number) => [value >> 16, (value >> 8) & 255, value & 255];

function handshake({ type, sequence, body, total = body.length, offset = 0 }: MessageParts): Uint8Array {
	const header = [type, ...uint24(total), sequence >> 8, sequence & 255, ...uint24(offset), ...uint24(body.length)];
	return record({ type: 22, body: [...header, ...body] });
}

const noise = (size: number) => Array.from({ length: size }, (_, index) => (index * 167 + 29) & 255);
/** What follows the version in a ServerHello without extensions that takes the suite. */
const rest = (suite: number) => [...noise(32), 0, suite >> 8, suite & 255, 0];

/** The rows of the table, for a handshake with this cipher suite whose ServerHello has message_seq 1. */
export function forgeries(suite: number): Forgery[] {
	const serverHello = [...dtls12, ...rest(suite)];
	return [
		{ name: "fatal alert, epoch 0", datagram: record({ type: 21, body: [2, 40] }) },
		{ name: "close_notify, epoch 0", datagram: record({ type: 21, body: [1, 0] }) },
		{ name: "10-byte epoch-1 record", datagram: record({ type: 23, epoch: 1, body: noise(10) }) },
		{ name: "15-byte epoch-1 record", datagram: record({ type: 23, epoch: 1, body: noise(15) }) },
		{ name: "random bytes, epoch 9", datagram: record({ type: 23, epoch: 9, body: noise(40) }) },
		{ name: "32-byte epoch-1 bad MAC", datagram: record({ type: 23, epoch: 1, body: noise(32) }) },
		{ name: "zero-length epoch-1 record", datagram: record({ type: 23, epoch: 1, body: [] }) },
		{ name: "5-byte truncated header", datagram: Uint8Array.of(22, ...dtls12, 0, 0) },
		{ name: "record length 65535", datagram: record({ type: 22, body: noise(40), size: 65535 }) },
		{
			name: "ServerHello length 0xffffff",
			datagram: handshake({ type: hello.serverHello, sequence: 1, body: noise(4), total: 0xffffff }),
		},
		{
			name: "fragment offset + length > total",
			datagram: handshake({ type: hello.serverHello, sequence: 1, body: noise(20), total: 30, offset: 20 }),
		},
		{
			name: "second HelloVerifyRequest",
			datagram: handshake({ type: hello.helloVerifyRequest, sequence: 1, body: [...dtls10, 16, ...noise(16)] }),
		},
		{
			name: "forged ServerHello, DTLS 1.0",
			datagram: handshake({ type: hello.serverHello, sequence: 1, body: [...dtls10, ...rest(suite)] }),
		},
		{
			name: "forged ServerHello, DTLS 1.2",
			datagram: handshake({ type: hello.serverHello, sequence: 1, body: serverHello }),
		},
		{ name: "early Finished", datagram: handshake({ type: hello.finished, sequence: 1, body: noise(12) }) },
		{ name: "early ChangeCipherSpec", datagram: record({ type: 20, body: [1] }) },
		{ name: "HelloRequest", datagram: handshake({ type: hello.helloRequest, sequence: 1, body: [] }) },
		{ name: "unknown content type 99", datagram: record({ type: 99, body: noise(20) }) },
	];
}
