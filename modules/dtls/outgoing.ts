import { HostFailure } from "../host.ts";
import { writeAlert } from "./alert.ts";
import { ContentType } from "./content-type.ts";
import type { Flight } from "./flight.ts";
import { datagramBytesDefault } from "./handshake.ts";
import type { RecordLayer } from "./record-layer.ts";
import { DEFAULT_DTLS_LIMITS, type DtlsSettings } from "./settings.ts";

/** What an association has to say, as datagrams that wait to be taken; the oldest goes first, which is loss. */
export class Outgoing {
	private readonly records: RecordLayer;
	private readonly settings: DtlsSettings;
	private datagrams: Uint8Array[] = [];

	constructor(records: RecordLayer, settings: DtlsSettings) {
		this.records = records;
		this.settings = settings;
	}

	/** The next datagram, or undefined. */
	take(): Uint8Array | undefined {
		return this.datagrams.shift();
	}

	/** @param datagram this object's from here on */
	post(datagram: Uint8Array): void {
		const most = this.settings.limits?.outbox ?? DEFAULT_DTLS_LIMITS.outbox;
		if (this.datagrams.length >= most) this.datagrams.shift();
		this.datagrams.push(datagram);
	}

	/** Puts a flight into datagrams. @param plaintextBytes the most of one record */
	postFlight(flight: Flight, plaintextBytes: number): void {
		const { datagramBytes = datagramBytesDefault, shareRecords = true } = this.settings;
		flight.pack(this.records, { datagramBytes, plaintextBytes, shareRecords }, (datagram) => this.post(datagram));
	}

	/**
	 * Puts plain[at .. end) into one record, in a datagram of its own.
	 * @returns false when the port failed, such as to save that a sequence number is used
	 */
	postRecord(epoch: number, type: number, plain: Uint8Array, at: number, end: number): boolean {
		const datagram = new Uint8Array(this.records.recordBytes(epoch, end - at));
		try {
			this.records.seal(epoch, type, plain, at, end, datagram, 0);
		} catch (error) {
			if (error instanceof HostFailure) return false;
			throw error;
		}
		this.post(datagram);
		return true;
	}

	postAlert(epoch: number, level: number, description: number): void {
		const alert = writeAlert(level, description);
		this.postRecord(epoch, ContentType.alert, alert, 0, alert.length);
	}
}
