/** Queries of Write-Attributes, as other stacks and the specification have them. */
import { type AttributeName, Attributes, readAttributes } from "../../../modules/lwm2m/attributes.ts";
import { path } from "../../../modules/lwm2m/path.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { deepEqual, test, throws } from "../../harness.ts";
import vectors from "../../vectors/attributes.json" with { type: "json" };

interface AttributeVector {
	readonly query: string;
	/** Each with its value, or without one where it is taken away. */
	readonly attributes?: readonly (readonly [name: AttributeName, value?: number])[];
	readonly refused?: true;
	/** Each can be read; what they say is refused. */
	readonly whole?: true;
}

const isRefused = (error: unknown) => error instanceof RequestRefused && (error.code === 0x80 || error.code === 0x82);

(vectors.cases as readonly AttributeVector[]).forEach(({ query, attributes = [], refused, whole }, at) => {
	test(`attributes: vector ${at}, ${query}`, () => {
		const attached = new Attributes(1);
		const write = () => attached.write(path(3, 0, 9), readAttributes(query.split("&")));
		if (refused !== undefined) {
			if (whole === undefined) throws(() => readAttributes(query.split("&")), isRefused);
			throws(write, isRefused);
			deepEqual(attached.attachedTo(path(3, 0, 9)), {});
			return;
		}
		const changes = readAttributes(query.split("&"));
		deepEqual(
			Object.keys(changes).map((name) => {
				const value = changes[name as AttributeName];
				return value === undefined ? [name] : [name, value];
			}),
			attributes,
		);
		if (whole !== undefined) {
			throws(write, isRefused);
			return;
		}
		write();
		const set = Object.keys(attached.attachedTo(path(3, 0, 9))).length;
		deepEqual(set, attributes.filter(([, value]) => value !== undefined).length);
	});
});
