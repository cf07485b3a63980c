package dormouse.californium;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Timer;
import java.util.TimerTask;
import java.util.function.Consumer;
import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.CoAP.Type;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.server.resources.CoapExchange;
import org.eclipse.californium.elements.config.Configuration;

/**
 * Californium with the resources of the ETSI CoAP plugtests, as few lines as they take. Prints {"port": n}; ends with
 * its standard input.
 */
public final class PlugtestServer {
	static final byte[] LARGE = large();

	private static byte[] large() {
		StringBuilder text = new StringBuilder();
		for (int line = 0; line < 32; line++) {
			text.append(String.format("%04d %s%n", line, "abcdefghijklmnopqrstuvwxyz".repeat(2)));
		}
		return text.toString().getBytes(StandardCharsets.UTF_8);
	}

	/** A resource whose methods are given one by one; what is not given is 4.05. */
	static class Plain extends CoapResource {
		Consumer<CoapExchange> get, put, post, delete;
		byte[] content = "hello".getBytes(StandardCharsets.UTF_8);

		Plain(String name) {
			super(name);
			get = exchange -> exchange.respond(ResponseCode.CONTENT, content, 0);
		}

		Plain with(String key, String value) {
			if (key.equals("rt")) for (String type : value.split(" ")) getAttributes().addResourceType(type);
			else if (key.equals("if")) getAttributes().addInterfaceDescription(value);
			else getAttributes().addAttribute(key, value);
			return this;
		}

		@Override
		public void handleGET(CoapExchange exchange) {
			get.accept(exchange);
		}

		@Override
		public void handlePUT(CoapExchange exchange) {
			run(put, exchange);
		}

		@Override
		public void handlePOST(CoapExchange exchange) {
			run(post, exchange);
		}

		@Override
		public void handleDELETE(CoapExchange exchange) {
			run(delete, exchange);
		}

		private static void run(Consumer<CoapExchange> method, CoapExchange exchange) {
			if (method == null) exchange.respond(ResponseCode.METHOD_NOT_ALLOWED);
			else method.accept(exchange);
		}
	}

	/** Changes every half second. */
	static class Observed extends Plain {
		int count, format;
		String text;

		Observed(String name, Type type, String text, Timer timer) {
			super(name);
			this.text = text;
			setObservable(true);
			setObserveType(type);
			getAttributes().setObservable();
			get = exchange -> exchange.respond(ResponseCode.CONTENT, (this.text + count).getBytes(StandardCharsets.UTF_8), format);
			put = exchange -> {
				int given = exchange.getRequestOptions().getContentFormat();
				if (given >= 0 && given != format) {
					format = given;
					clearAndNotifyObserveRelations(ResponseCode.NOT_ACCEPTABLE);
				} else {
					this.text = exchange.getRequestText();
					changed();
				}
				exchange.respond(ResponseCode.CHANGED);
			};
			delete = exchange -> {
				clearAndNotifyObserveRelations(ResponseCode.NOT_FOUND);
				exchange.respond(ResponseCode.DELETED);
			};
			timer.schedule(new TimerTask() {
				@Override
				public void run() {
					count++;
					changed();
				}
			}, 500, 500);
		}
	}

	private static Plain test() {
		Plain test = new Plain("test");
		test.put = exchange -> exchange.respond(ResponseCode.CHANGED);
		test.delete = exchange -> exchange.respond(ResponseCode.DELETED);
		test.post = exchange -> {
			exchange.setLocationPath("/location1/location2/location3");
			exchange.respond(ResponseCode.CREATED);
		};
		return test;
	}

	private static Plain validate() {
		Plain validate = new Plain("validate");
		byte[] tag = { (byte) 0xa0, 1 };
		validate.get = exchange -> {
			exchange.setETag(tag.clone());
			if (exchange.getRequestOptions().containsETag(tag)) exchange.respond(ResponseCode.VALID);
			else exchange.respond(ResponseCode.CONTENT, validate.content, 0);
		};
		validate.put = exchange -> {
			if (exchange.getRequestOptions().getIfMatchCount() > 0 && !exchange.getRequestOptions().isIfMatch(tag)) {
				exchange.respond(ResponseCode.PRECONDITION_FAILED);
				return;
			}
			tag[1]++;
			validate.content = exchange.getRequestPayload();
			exchange.respond(ResponseCode.CHANGED);
		};
		return validate;
	}

	private static Plain create() {
		Plain create = new Plain("create1");
		boolean[] made = { false };
		create.put = exchange -> {
			boolean refuse = exchange.getRequestOptions().hasIfNoneMatch() && made[0];
			made[0] = true;
			exchange.respond(refuse ? ResponseCode.PRECONDITION_FAILED : ResponseCode.CREATED);
		};
		create.delete = exchange -> {
			made[0] = false;
			exchange.respond(ResponseCode.DELETED);
		};
		return create;
	}

	private static void addPlain(CoapServer server) {
		Plain query = new Plain("query");
		query.get = exchange -> exchange.respond(exchange.getRequestOptions().getUriQueryString());
		Plain separate = new Plain("separate");
		separate.get = exchange -> {
			exchange.accept();
			new Timer(true).schedule(new TimerTask() {
				@Override
				public void run() {
					exchange.respond("later");
				}
			}, 1000);
		};
		Plain locationQuery = new Plain("location-query");
		locationQuery.post = exchange -> {
			exchange.setLocationQuery("first=1&second=2");
			exchange.respond(ResponseCode.CREATED);
		};
		Plain multiFormat = new Plain("multi-format");
		multiFormat.get = exchange -> {
			boolean xml = exchange.getRequestOptions().getAccept() == 41;
			exchange.respond(ResponseCode.CONTENT, xml ? "<a/>" : "a", xml ? 41 : 0);
		};
		Plain segments = new Plain("seg1");
		segments.add(new Plain("seg2").add(new Plain("seg3")));
		Plain path = new Plain("path").with("ct", "40");
		path.get = exchange -> exchange.respond(ResponseCode.CONTENT, "</path/sub1>,</path/sub2>", 40);
		path.add(new Plain("sub1"), new Plain("sub2"));
		server.add(test(), query, separate, locationQuery, multiFormat, validate(), create(), segments, path);
		server.add(new Plain("link1").with("rt", "Type1 Type2").with("if", "If1"));
		server.add(new Plain("link2").with("rt", "Type2 Type3").with("if", "If2"));
		server.add(new Plain("link3").with("rt", "Type1 Type3").with("if", "foo"));
	}

	private static void addLarge(CoapServer server) {
		Plain large = new Plain("large").with("sz", String.valueOf(LARGE.length));
		large.content = LARGE;
		Plain update = new Plain("large-update");
		update.content = LARGE;
		update.put = exchange -> {
			update.content = exchange.getRequestPayload();
			exchange.respond(ResponseCode.CHANGED);
		};
		Plain created = new Plain("1");
		Plain create = new Plain("large-create");
		create.add(created);
		create.post = exchange -> {
			created.content = exchange.getRequestPayload();
			exchange.setLocationPath("/large-create/1");
			exchange.respond(ResponseCode.CREATED);
		};
		Plain post = new Plain("large-post");
		post.post = exchange -> exchange.respond(ResponseCode.CHANGED, exchange.getRequestText().toUpperCase(), 0);
		Plain big = new Plain("big");
		big.content = new byte[1 << 20];
		for (int at = 0; at < big.content.length; at++) big.content[at] = (byte) (at * 31);
		server.add(large, update, create, post, big);
	}

	public static void main(String[] words) throws Exception {
		CoapConfig.register();
		Configuration settings = Configuration.createStandardWithoutFile();
		settings.set(CoapConfig.MAX_RESOURCE_BODY_SIZE, 2 << 20);
		settings.set(CoapConfig.PREFERRED_BLOCK_SIZE, 1024);
		settings.set(CoapConfig.MAX_MESSAGE_SIZE, 1024);
		CoapServer server = new CoapServer(settings);
		InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), Integer.parseInt(words[0]));
		server.addEndpoint(CoapEndpoint.builder().setInetSocketAddress(address).setConfiguration(settings).build());
		Timer timer = new Timer(true);
		addPlain(server);
		addLarge(server);
		server.add(new Observed("obs", Type.CON, "obs ", timer), new Observed("obs-non", Type.NON, "non ", timer));
		server.add(new Observed("obs-large", Type.CON, new String(LARGE, StandardCharsets.UTF_8), timer));
		server.start();
		System.out.println("{\"port\":" + server.getEndpoints().get(0).getAddress().getPort() + "}");
		while (System.in.read() >= 0) continue;
		server.destroy();
		System.exit(0);
	}
}
