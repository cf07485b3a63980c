import type { Case } from "./case.ts";
import { managingCases } from "./conformance-managing-cases.ts";
import { objectCases } from "./conformance-object-cases.ts";
import { enabler10Cases } from "./conformance-other-devices.ts";
import { informationCases } from "./conformance-reporting-cases.ts";
import { typeCases } from "./conformance-type-cases.ts";

/** What the conformance device and every server agree on, beside what the product's image does. */
export const conformanceCases: readonly Case[] = [
	...typeCases,
	...managingCases,
	...informationCases,
	...objectCases,
	...enabler10Cases,
];
