import { readUtf8, utf8 } from "../../../modules/bytes.ts";
import { type Link, LinkWriter, readLinks, writeLinks } from "../../../modules/formats/core-link.ts";
import { deepEqual, equal, test } from "../../harness.ts";
import vectors from "../../vectors/core-link.json" with { type: "json" };

type LinkVector = readonly [target: string, attributes: Link["attributes"]];

for (const { name, text, way, links, fault } of vectors.cases as readonly {
	readonly name: string;
	readonly text: string;
	readonly way?: "read";
	readonly links?: readonly LinkVector[];
	readonly fault?: string;
}[]) {
	const id = name.startsWith("[") ? name.indexOf("] ") + 2 : 0;
	test(`${name.slice(0, id)}formats core-link: ${name.slice(id)}`, () => {
		const bytes = utf8(`,${text}>`); // the frame is not to be read
		const found = readLinks(bytes, 1, bytes.length - 1);
		if (!Array.isArray(found)) {
			equal(found.code, fault);
			return;
		}
		deepEqual(
			found.map(({ target, attributes }) => [target, attributes]),
			links,
		);
		if (way === undefined) equal(readUtf8(writeLinks(found)), text, "written");
	});
}

test("formats core-link: numbers and versions go bare, other text in quotes, unless asked for", () => {
	const writer = new LinkWriter();
	writer.link("/");
	writer.attribute("rt", "oma.lwm2m");
	writer.attribute("ct", 110);
	writer.link("/3");
	writer.attribute("ver", "1.1");
	writer.attribute("ver", "1.1", "quoted");
	writer.attribute("gt", -40.5);
	writer.attribute("obs");
	writer.attribute("title", "");
	equal(readUtf8(writer.finish()), '</>;rt="oma.lwm2m";ct=110,</3>;ver=1.1;ver="1.1";gt=-40.5;obs;title=""');
});
