/** Something broken on purpose in a host's ports, and the check that must tell it. */
export interface Fault {
	readonly what: string;
	/** JavaScript: properties of the host in place of its own. */
	readonly ports: string;
	readonly check: RegExp;
	readonly why: RegExp;
}

const tools = `
const flashWith = (flash, more) => ({
	sizeBytes: flash.sizeBytes, sectorBytes: flash.sectorBytes,
	writeBytes: flash.writeBytes, erasedByte: flash.erasedByte,
	read: (o, b) => flash.read(o, b), write: (o, b) => flash.write(o, b), erase: (o, n) => flash.erase(o, n), ...more,
});
const slotsWith = (slots, more) => ({
	running: slots.running, bootReason: slots.bootReason,
	sizeBytes: slots.sizeBytes, sectorBytes: slots.sectorBytes, writeBytes: slots.writeBytes,
	state: (s) => slots.state(s), image: (s) => slots.image(s),
	erase: (o, n) => slots.erase(o, n), write: (o, b) => slots.write(o, b), read: (o, b) => slots.read(o, b),
	verify: () => slots.verify(), markPending: () => slots.markPending(), confirm: () => slots.confirm(),
	revert: (why) => slots.revert(why), ...more,
});
const streamsWith = (streams, more) => ({
	connect(to, options) {
		const stream = streams.connect(to, options);
		const own = {
			read: (into) => stream.read(into), write: (b, at, end) => stream.write(b, at, end), close: () => stream.close(),
		};
		return { ...own, ...more(stream) };
	},
	listen: (options) => streams.listen(options),
});
const modsWith = (mods, more) => ({
	sizeBytes: mods.sizeBytes, sectorBytes: mods.sectorBytes, writeBytes: mods.writeBytes, image: () => mods.image(),
	erase: (o, n) => mods.erase(o, n), write: (o, b) => mods.write(o, b), read: (o, b) => mods.read(o, b),
	verify: () => mods.verify(), load: () => mods.load(), ...more,
});
const clockWith = (clock, more) => ({
	nowMs: () => clock.nowMs(), wallTimeS: () => clock.wallTimeS(), setWallTimeS: (s) => clock.setWallTimeS(s),
	setAlarm: (at, ring) => clock.setAlarm(at, ring), ...more,
});
`;

/** selftest-behaviour.ts, as JavaScript, with these ports in place of the host's. */
export function brokenBy(ports: string): string {
	return `${tools}
export function broken(host) {
	const { clock, entropy, dice, flash, resolver, power, slots, streams, mods } = host;
	return { ...host, openDatagrams: (options) => host.openDatagrams(options), ${ports} };
}`;
}

export const faults: readonly Fault[] = [
	{
		what: "entropy stands still",
		ports: "entropy: { fill(bytes) { bytes.fill(0x5a); } }",
		check: /every byte of the view/,
		why: /never set/,
	},
	{
		what: "entropy is seeded the same each boot",
		ports: `entropy: (() => {
			let n = 1;
			const next = () => (n = (Math.imul(n, 1103515245) + 12345) | 0) >>> 16;
			return { fill(bytes) { for (let i = 0; i < bytes.length; i++) bytes[i] = next(); } };
		})()`,
		check: /^restart/,
		why: /two boots are the same/,
	},
	{
		what: "dice never throw the last side",
		ports: "dice: { below: (n) => (n === 1 ? 0 : dice.below(n - 1)) }",
		check: /dice: below/,
		why: /never gave/,
	},
	{
		what: "the clock goes back",
		ports: "clock: clockWith(clock, { nowMs: ((n) => () => clock.nowMs() - (++n % 50 === 0 ? 5 : 0))(0) })",
		check: /clock: whole/,
		why: /then/,
	},
	{
		what: "alarms ring early",
		ports: "clock: clockWith(clock, { setAlarm: (at, ring) => clock.setAlarm(at === undefined ? at : at - 30, ring) })",
		check: /rings once/,
		why: /early/,
	},
	{
		what: "flash takes a write over what is there",
		ports: "flash: flashWith(flash, { write(o, b) { try { flash.write(o, b); } catch {} } })",
		check: /read back|misalignment/,
		why: /did not throw/,
	},
	{
		what: "flash forgets a sector's neighbour",
		ports: `flash: flashWith(flash, {
			erase: (o, n) => flash.erase(o, o === 0 && n === flash.sectorBytes ? 2 * n : n),
		})`,
		check: /erases sectors/,
		why: /changed sector 1/,
	},
	{
		what: "the resolver answers at once",
		ports: "resolver: { resolve: (name, on) => on([name]) }",
		check: /a literal/,
		why: /before resolve returned/,
	},
	{
		what: "a datagram loses its last byte",
		ports: `openDatagrams(options) {
			const socket = host.openDatagrams({ ...options, onReadable: (n) => options.onReadable(n) });
			return {
				read: (into, from) => socket.read(into, from),
				write: (bytes, to) => socket.write(bytes.subarray(0, bytes.length - 1), to),
				close: () => socket.close(),
			};
		}`,
		check: /to a peer and back/,
		why: /others came back/,
	},
	{
		what: "TCP changes a byte",
		ports: `streams: streamsWith(streams, (stream) => ({
			write(bytes, at, end) {
				const others = bytes.slice(at, end);
				others[0] ^= 1;
				return stream.write(others, 0, others.length);
			},
		}))`,
		check: /^TCP: bytes go/,
		why: /is another one/,
	},
	{
		what: "TCP closes in the middle",
		ports: `streams: {
			connect(to, options) {
				const stream = streams.connect(to, { ...options, onReadable() { stream.close(); options.onClosed(); } });
				return stream;
			},
			listen: (options) => streams.listen(options),
		}`,
		check: /^TCP: bytes go/,
		why: /closed it/,
	},
	{
		what: "TCP says nothing any more when it was full",
		ports: `streams: streamsWith(streams, (stream) => {
			let left = 2000;
			return { write: (bytes, at, end) => (left <= 0 ? 0 : (left -= end - at, stream.write(bytes, at, end))) };
		})`,
		check: /^TCP: bytes go/,
		why: /no end in/,
	},
	{
		what: "a mod that is none verifies",
		ports: "mods: modsWith(mods, { verify: () => 'ok' })",
		check: /^mods: what is no image/,
		why: /verifies/,
	},
	{
		what: "the place of mods forgets what is written",
		ports: "mods: modsWith(mods, { write() {} })",
		check: /^mods: whole sectors/,
		why: /is not there/,
	},
	{
		what: "restart says powerOn",
		ports: `power: {
			resetCause: "powerOn", restart: () => power.restart(), off: () => power.off(), onShutdown() {},
		}`,
		check: /^restart/,
		why: /says "powerOn"/,
	},
	{
		what: "a trial can not be confirmed",
		ports: "slots: slotsWith(slots, { confirm() {} })",
		check: /an image is tried/,
		why: /it is "trial"/,
	},
	{
		what: "erasing the way back is allowed",
		ports: "slots: slotsWith(slots, { erase() {} })",
		check: /an image is tried/,
		why: /did not throw/,
	},
	{
		what: "what does not verify can be marked",
		ports: "slots: slotsWith(slots, { verify: () => 'ok', markPending() { try { slots.markPending(); } catch {} } })",
		check: /the other one is erased/,
		why: /verifies/,
	},
	{
		what: "retained memory is claimed, and loses a byte over a reset",
		ports: `power: {
			resetCause: power.resetCause, restart: () => power.restart(), off: () => power.off(), onShutdown() {},
			retained: { sizeBytes: 64, read(o, into) { into.fill(0); }, write() {} },
		}`,
		check: /^retained memory/,
		why: /changed at 0/,
	},
];
