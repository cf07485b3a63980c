import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Case } from "./case.ts";

export const registrationCases: readonly Case[] = [
	{
		name: "[CORE-REG-1] ETS 101 the device registers by itself, and the server knows it under its endpoint client name",
		run: async ({ server, device, mode }) => {
			const registration = await server.rest.client(device.endpoint);
			ok(registration, "the server does not know the device");
			equal(registration.endpoint, device.endpoint);
			equal(registration.secure, mode !== "none");
			const [registered] = device.all("registered");
			const { location } = registered!; // a location may begin with "-"
			ok(String(location).endsWith(`/${registration.registrationId}`), `registered as ${location}`);
		},
	},
	{
		name: "[CORE-REG-2] ETS 101 version 1.1, the lifetime asked for, binding U without queue mode",
		run: async ({ server, device, lifetimeS }) => {
			const registration = (await server.rest.client(device.endpoint))!;
			equal(registration.lwM2mVersion, "1.1");
			equal(registration.lifetime, lifetimeS);
			equal(registration.bindingMode, "U");
			equal(registration.queuemode, false);
			deepEqual(registration.additionalRegistrationAttributes, {});
		},
	},
	{
		name: "[CORE-REG-2] ETS 101 the object list has every instance once; Security (/0) and OSCORE (/21) are absent",
		run: async ({ server, device }) => {
			const { objectLinks, rootPath } = (await server.rest.client(device.endpoint))!;
			equal(rootPath, "/");
			const urls = objectLinks.map(({ url }) => url);
			for (const url of ["/1/0", "/3/0", "/3303/0"]) ok(urls.includes(url), `${url} is not in ${urls.join(" ")}`);
			equal(new Set(urls).size, urls.length, "a link is there twice");
			for (const url of urls) {
				ok(!/^\/(0|21)(\/|$)/.test(url), `${url} is in the list`);
				match(url, /^\/(\d+(\/\d+)?)?$/);
			}
		},
	},
	{
		name: "[CORE-REG-1] the device's own record of its registration names server, lifetime and location",
		run: async ({ device, lifetimeS }) => {
			const registering = await device.wait("registering");
			const registered = await device.wait("registered");
			equal(registering.server, registered.server);
			equal(registered.lifetimeS, lifetimeS);
			ok(registering.t <= registered.t, "registered before registering");
			equal(device.all("registrationFailed").length, 0);
		},
	},
];
