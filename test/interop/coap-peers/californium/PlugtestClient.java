package dormouse.californium;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.californium.core.CoapClient;
import org.eclipse.californium.core.CoapHandler;
import org.eclipse.californium.core.CoapObserveRelation;
import org.eclipse.californium.core.CoapResponse;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.CoAP.Type;
import org.eclipse.californium.core.coap.Option;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.util.StringUtil;

/**
 * Californium as a client that is told what to ask, one order a line:
 * {@code id method type uri payload observe number=value,number=value}, with "-" for what is absent and bytes in hex; or
 * {@code id cancel other rst|get}. Answers with one JSON object a line; ends with its standard input.
 */
public final class PlugtestClient {
	private static final Map<String, CoapObserveRelation> relations = new HashMap<>();

	private static synchronized void say(String id, String more) {
		System.out.println("{\"id\":" + id + "," + more + "}");
	}

	private static String told(CoapResponse response) {
		StringBuilder options = new StringBuilder();
		for (Option option : response.getOptions().asSortedList()) {
			if (options.length() > 0) options.append(',');
			options.append('[').append(option.getNumber()).append(",\"");
			options.append(StringUtil.byteArray2Hex(option.getValue())).append("\"]");
		}
		byte[] payload = response.getPayload();
		String bytes = payload == null || payload.length == 0 ? "" : StringUtil.byteArray2Hex(payload);
		return "\"code\":\"" + response.getCode() + "\",\"options\":[" + options + "],\"payload\":\"" + bytes + "\"";
	}

	private static CoapHandler handler(String id, boolean observes) {
		boolean[] first = { true };
		return new CoapHandler() {
			@Override
			public void onLoad(CoapResponse response) {
				say(id, first[0] ? told(response) : "\"notification\":{" + told(response) + "}");
				first[0] = false;
			}

			@Override
			public void onError() {
				say(id, "\"failed\":\"error\"");
			}
		};
	}

	private static byte[] bytes(String hex) {
		return StringUtil.hex2ByteArray(hex);
	}

	private static void ask(CoapClient client, String[] words) {
		Request request = new Request(Code.valueOf(words[1]));
		request.setType(words[2].equals("NON") ? Type.NON : Type.CON);
		request.setURI(words[3]);
		if (!words[4].equals("-")) request.setPayload(bytes(words[4]));
		if (!words[6].equals("-")) {
			Matcher pairs = Pattern.compile("(\\d+)=([0-9a-f]*)").matcher(words[6]);
			while (pairs.find()) request.getOptions().addOption(option(Integer.parseInt(pairs.group(1)), pairs.group(2)));
		}
		boolean observes = words[5].equals("observe");
		CoapHandler handler = handler(words[0], observes);
		if (observes) {
			request.setObserve();
			relations.put(words[0], client.observe(request, handler));
		} else client.advanced(handler, request);
	}

	private static Option option(int number, String value) {
		return new Option(org.eclipse.californium.core.coap.option.StandardOptionRegistry.getDefaultOptionRegistry()
				.getDefinitionByNumber(number), value.isEmpty() ? new byte[0] : bytes(value));
	}

	public static void main(String[] arguments) throws Exception {
		CoapConfig.register();
		Configuration settings = Configuration.createStandardWithoutFile();
		settings.set(CoapConfig.MAX_RESOURCE_BODY_SIZE, 2 << 20);
		settings.set(CoapConfig.PREFERRED_BLOCK_SIZE, 1024);
		settings.set(CoapConfig.MAX_MESSAGE_SIZE, 1024);
		CoapClient client = new CoapClient();
		client.setTimeout(20_000L);
		client.setEndpoint(CoapEndpoint.builder().setConfiguration(settings).build());
		System.out.println("{\"port\":0}");
		BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
		for (String line = orders.readLine(); line != null; line = orders.readLine()) {
			String[] words = line.split(" ");
			try {
				if (words[1].equals("cancel")) {
					CoapObserveRelation relation = relations.remove(words[2]);
					if (words[3].equals("get")) relation.proactiveCancel();
					else relation.reactiveCancel();
					say(words[0], "\"code\":\"ok\"");
				} else ask(client, words);
			} catch (RuntimeException error) {
				say(words[0], "\"failed\":\"" + error.toString().replace('"', '\'') + "\"");
			}
		}
		System.exit(0);
	}
}
