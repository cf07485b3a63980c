import { fromHex, toHex } from "../../../modules/bytes.ts";
import { MessageType, MessageView } from "../../../modules/coap/message.ts";
import { OptionCursor } from "../../../modules/coap/option.ts";
import { uintOption } from "../../../modules/coap/option-value.ts";
import { ABSENT, BROKEN, QBlockReader, qBlock1, qBlock2 } from "../../../modules/coap/q-block-option.ts";
import { equal, ok, test } from "../../harness.ts";
import vectors from "../../vectors/coap-options.json" with { type: "json" };

interface Vector {
	name: string;
	number: number;
	hex: string;
	uint?: number;
	value?: string;
	block?: (number | boolean)[];
}

const isQBlock = (number: number) => number === qBlock1 || number === qBlock2;

/** A GET with this option alone. */
function viewOf({ name, hex }: Vector): MessageView {
	const option = fromHex(hex)!;
	const bytes = new Uint8Array(4 + option.length);
	bytes.set([0x40 | (MessageType.nonConfirmable << 4), 1, 0, 1]);
	bytes.set(option, 4);
	const view = new MessageView();
	equal(view.read(bytes, 0, bytes.length), undefined, name);
	return view;
}

/** Stands on the option. */
function cursorOf(view: MessageView, { name, number }: Vector): OptionCursor {
	const cursor = new OptionCursor().start(view.bytes, view.optionsAt, view.optionsEnd);
	ok(cursor.next(), name);
	equal(cursor.number, number, name);
	equal(cursor.end, view.end, name);
	return cursor;
}

test("good options of RFC 7967, 8768, 9175 and 9177: their bytes are their values, and back", () => {
	for (const vector of vectors.good as Vector[]) {
		const { name, number, uint, value, block } = vector;
		const view = viewOf(vector);
		const cursor = cursorOf(view, vector);
		const found = toHex(view.bytes, cursor.at, cursor.end);
		if (uint === undefined) equal(found, value, name);
		else {
			equal(cursor.uint, uint, name);
			equal(toHex(uintOption(number, uint).value), found, `${name}, written`);
		}
		if (block === undefined) ok(cursor.isValid, name);
		else {
			const read = new QBlockReader().one(view, number);
			equal([read >>> 4, (read & 8) !== 0, 16 << (read & 7)].join(), block.join(), name);
		}
	}
});

test("bad ones count as not there, or as broken where critical", () => {
	for (const vector of vectors.bad as Vector[]) {
		const { name, number } = vector;
		const view = viewOf(vector);
		if (isQBlock(number)) equal(new QBlockReader().one(view, number), BROKEN, name);
		else {
			equal(cursorOf(view, vector).isValid, false, name);
			equal(view.find(number), false, name);
		}
		equal(new QBlockReader().one(view, number === qBlock1 ? qBlock2 : qBlock1), ABSENT, name);
	}
});
