package dormouse.leshanbootstrap;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.peer.LwM2mPeer;
import org.eclipse.leshan.core.request.BootstrapDownlinkRequest;
import org.eclipse.leshan.core.request.BootstrapRequest;
import org.eclipse.leshan.core.request.BootstrapWriteRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.SimpleDownlinkRequest;
import org.eclipse.leshan.core.response.BootstrapDiscoverResponse;
import org.eclipse.leshan.core.response.BootstrapReadResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.eclipse.leshan.server.bootstrap.BootstrapConfig;
import org.eclipse.leshan.server.bootstrap.BootstrapFailureCause;
import org.eclipse.leshan.server.bootstrap.BootstrapSession;
import org.eclipse.leshan.server.bootstrap.BootstrapSessionListener;
import org.eclipse.leshan.server.bootstrap.InMemoryBootstrapConfigStore;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServer;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServerBuilder;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.CaliforniumBootstrapServerEndpointsProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coap.CoapBootstrapServerProtocolProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coaps.CoapsBootstrapServerProtocolProvider;
import org.eclipse.leshan.server.security.BootstrapSecurityStoreAdapter;
import org.eclipse.leshan.server.security.InMemorySecurityStore;
import org.eclipse.leshan.server.security.SecurityInfo;

/**
 * Leshan's Bootstrap-Server, from the libraries that Maven Central has, with two of leshan-demo-bsserver's REST calls:
 * POST /api/bootstrap/ENDPOINT and PUT /api/security/clients/. The LwM2M side is Leshan's own, untouched; see
 * Inspecting for the one thing that is added.
 *
 * Says the ports as one line of JSON when ready, then a line for each thing that happens in a session. Ends when its
 * standard input does, so that it never outlives the test that started it.
 */
public final class BootstrapFront {
	private static final ObjectMapper MAPPER = new ObjectMapper().registerModule(new SimpleModule()
			.addDeserializer(ContentFormat.class, reading(text -> ContentFormat.fromName(text)))
			.addDeserializer(ULong.class, reading(text -> ULong.valueOf(text))));

	private final InMemoryBootstrapConfigStore configurations = new InMemoryBootstrapConfigStore();
	private final InMemorySecurityStore credentials = new InMemorySecurityStore();
	private final Set<String> inspected = ConcurrentHashMap.newKeySet();

	private BootstrapFront() {
	}

	public static void main(String[] arguments) throws Exception {
		new BootstrapFront().run();
	}

	private void run() throws Exception {
		InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
		LeshanBootstrapServer server = new LeshanBootstrapServerBuilder()
				.setTaskProvider(new Inspecting(configurations, inspected))
				.setSecurityStore(new BootstrapSecurityStoreAdapter(credentials))
				.setEndpointsProviders(new CaliforniumBootstrapServerEndpointsProvider.Builder(
						new CoapBootstrapServerProtocolProvider(), new CoapsBootstrapServerProtocolProvider())
						.addEndpoint(anyPort, Protocol.COAP).addEndpoint(anyPort, Protocol.COAPS).build())
				.build();
		server.addListener(new Listener());
		HttpServer web = HttpServer.create(anyPort, 0);
		web.createContext("/api/", this::handle);
		server.start();
		web.start();
		ObjectNode ports = MAPPER.createObjectNode();
		ports.put("coap", server.getEndpoint(Protocol.COAP).getURI().getPort());
		ports.put("coaps", server.getEndpoint(Protocol.COAPS).getURI().getPort());
		say(ports.put("http", web.getAddress().getPort()));
		while (System.in.read() != -1) {
			// nothing is said to us; only the end counts
		}
		System.exit(0);
	}

	private void handle(HttpExchange exchange) throws IOException {
		byte[] answer = {};
		int status = 200;
		try {
			JsonNode body = MAPPER.readTree(exchange.getRequestBody());
			String[] path = exchange.getRequestURI().getRawPath().split("/");
			if (path[2].equals("bootstrap")) configure(URLDecoder.decode(path[3], StandardCharsets.UTF_8), (ObjectNode) body);
			else introduce(body);
		} catch (Exception error) {
			status = 400;
			answer = String.valueOf(error).getBytes(StandardCharsets.UTF_8);
		}
		exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
		exchange.getResponseBody().write(answer);
		exchange.close();
	}

	/** @param json a BootstrapConfig, and `inspect` beside its fields */
	private void configure(String endpoint, ObjectNode json) throws Exception {
		JsonNode inspect = json.remove("inspect");
		if (inspect != null && inspect.asBoolean()) inspected.add(endpoint);
		else inspected.remove(endpoint);
		configurations.remove(endpoint);
		configurations.add(endpoint, MAPPER.treeToValue(json, BootstrapConfig.class));
	}

	private void introduce(JsonNode json) throws Exception {
		JsonNode details = json.get("tls").get("details");
		byte[] key = HexFormat.of().parseHex(details.get("key").asText());
		String identity = details.get("identity").asText();
		credentials.add(SecurityInfo.newPreSharedKeyInfo(json.get("endpoint").asText(), identity, key));
	}

	private interface Reader<T> {
		T read(String text);
	}

	private static <T> JsonDeserializer<T> reading(Reader<T> reader) {
		return new JsonDeserializer<T>() {
			@Override
			public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
				return reader.read(parser.getText());
			}
		};
	}

	private static synchronized void say(ObjectNode line) {
		System.out.println(line);
	}

	private static ObjectNode event(String event, String endpoint) {
		return MAPPER.createObjectNode().put("event", event).put("endpoint", endpoint);
	}

	/** A line for each thing that happens. */
	private static final class Listener implements BootstrapSessionListener {
		@Override
		public void sessionInitiated(BootstrapRequest request, LwM2mPeer client) {
			ObjectNode line = event("session", request.getEndpointName());
			ContentFormat preferred = request.getPreferredContentFormat();
			if (preferred != null) line.put("preferred", preferred.getCode());
			request.getAdditionalAttributes().forEach(line.putObject("attributes")::put);
			say(line);
		}

		@Override
		public void unAuthorized(BootstrapRequest request, LwM2mPeer client) {
			say(event("unauthorized", request.getEndpointName()));
		}

		@Override
		public void authorized(BootstrapSession session) {
			// The requests follow.
		}

		@Override
		public void noConfig(BootstrapSession session) {
			say(event("noConfiguration", session.getEndpoint()));
		}

		@Override
		public void sendRequest(BootstrapSession session, BootstrapDownlinkRequest<? extends LwM2mResponse> request) {
			// Its answer says what it was.
		}

		@Override
		public void onResponseSuccess(BootstrapSession session,
				BootstrapDownlinkRequest<? extends LwM2mResponse> request, LwM2mResponse response) {
			say(answered(session, request, response));
		}

		@Override
		public void onResponseError(BootstrapSession session,
				BootstrapDownlinkRequest<? extends LwM2mResponse> request, LwM2mResponse response) {
			say(answered(session, request, response));
		}

		@Override
		public void onRequestFailure(BootstrapSession session,
				BootstrapDownlinkRequest<? extends LwM2mResponse> request, Throwable cause) {
			say(event("requestFailed", session.getEndpoint()).put("step", step(request)).put("why", String.valueOf(cause)));
		}

		@Override
		public void end(BootstrapSession session) {
			say(event("finished", session.getEndpoint()));
		}

		@Override
		public void failed(BootstrapSession session, BootstrapFailureCause cause) {
			say(event("failed", session.getEndpoint()).put("why", cause.name()));
		}

		/** As in "write /0/1" and "finish". */
		private static String step(BootstrapDownlinkRequest<?> request) {
			String name = request.getClass().getSimpleName().replaceAll("^Bootstrap|Request$", "").toLowerCase();
			return request instanceof SimpleDownlinkRequest ? name + " " + ((SimpleDownlinkRequest<?>) request).getPath() : name;
		}

		private static ObjectNode answered(
				BootstrapSession session, BootstrapDownlinkRequest<?> request, LwM2mResponse response) {
			ObjectNode line = event("answered", session.getEndpoint()).put("step", step(request));
			line.put("code", response.getCode().getCode() / 100 + "." + response.getCode().getCode() % 100 / 10
					+ response.getCode().getCode() % 10);
			if (request instanceof BootstrapWriteRequest) {
				line.put("format", ((BootstrapWriteRequest) request).getContentFormat().getName());
			}
			if (!response.isSuccess()) return line.put("message", response.getErrorMessage());
			if (response instanceof BootstrapDiscoverResponse) {
				line.put("links", Arrays.stream(((BootstrapDiscoverResponse) response).getObjectLinks())
						.map(String::valueOf).collect(Collectors.joining(",")));
			}
			if (response instanceof BootstrapReadResponse) {
				line.put("content", String.valueOf(((BootstrapReadResponse) response).getContent()));
			}
			return line;
		}
	}
}
