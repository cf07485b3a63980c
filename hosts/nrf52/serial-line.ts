import Serial from "embedded:io/serial";
import config from "mc/config";
import { frozen } from "../../modules/frozen.ts";
import type { Line } from "./line-network.ts";

/** Where the modem hangs, unless `mc/config` says otherwise: the header of the nRF52840 DK. */
const pins = frozen({ receive: 33, transmit: 34, baud: 115_200 });

/** What takes the bytes of a line. */
export interface LineEnd {
	received(bytes: Uint8Array): void;
	writable(count: number): void;
}

/** The SDK's serial port as a line. */
export class SerialLine implements Line {
	private readonly serial: Serial;

	/** @param end is asked for when the first byte comes, so it may be made later */
	constructor(end: () => LineEnd | undefined) {
		const { modemReceive, modemTransmit, modemBaud } = config as {
			readonly modemReceive?: number;
			readonly modemTransmit?: number;
			readonly modemBaud?: number;
		};
		const line = this;
		this.serial = new Serial({
			receive: modemReceive ?? pins.receive,
			transmit: modemTransmit ?? pins.transmit,
			baud: modemBaud ?? pins.baud,
			port: 0,
			format: "buffer",
			onReadable() {
				const bytes = line.serial.read() as ArrayBuffer | undefined;
				if (bytes !== undefined) end()?.received(new Uint8Array(bytes));
			},
			onWritable(count: number) {
				end()?.writable(count);
			},
		});
	}

	write(bytes: Uint8Array): void {
		this.serial.write(bytes);
	}
}
