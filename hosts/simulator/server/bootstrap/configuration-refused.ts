/** Settings that can not be used; the message is for people. */
export class ConfigurationRefused extends Error {
	override get name() {
		return "ConfigurationRefused";
	}
}

export function refuseConfiguration(why: string): never {
	throw new ConfigurationRefused(why);
}
