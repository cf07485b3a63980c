package dormouse.leshan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.eclipse.leshan.core.link.attributes.InvalidAttributeException;
import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.node.LwM2mChildNode;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.codec.CodecException;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.CancelObservationRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.DeleteRequest;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.request.exception.InvalidRequestException;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Registration;

/** /api/clients: the registry, and one LwM2M operation per call, in the shapes of leshan-demo-server. */
final class Clients implements HttpHandler {
	private static final long DEFAULT_TIMEOUT_MS = 5000;

	/** What came, taken apart: /api/clients/{endpoint}/{path}/{verb}. */
	private record Call(
			String method, List<String> path, String verb, Map<String, String> query, String rawQuery, String type, String body) {
		String lwm2mPath() {
			return "/" + String.join("/", path);
		}

		ContentFormat format() {
			String name = query.get("format");
			return name == null ? null : ContentFormat.fromName(name.toUpperCase(Locale.ROOT));
		}

		LwM2mAttributeSet attributes() {
			try {
				return new LwM2mAttributeSet(new DefaultLwM2mAttributeParser().parseUriQuery(rawQuery));
			} catch (InvalidAttributeException error) {
				throw new InvalidRequestException(error, "%s", error.getMessage());
			}
		}

		LwM2mChildNode node() throws IOException {
			if (type.startsWith("application/json")) return Nodes.fromJson(Json.MAPPER.readTree(body));
			if (!type.startsWith("text/plain")) throw new InvalidRequestException("content type %s not supported", type);
			return LwM2mSingleResource.newStringResource(Integer.parseInt(path.get(path.size() - 1)), body);
		}
	}

	private final LeshanServer server;

	Clients(LeshanServer server) {
		this.server = server;
	}

	/** The parameters of the query, decoded; "" for a bare name. */
	static Map<String, String> queryOf(HttpExchange exchange) {
		Map<String, String> query = new HashMap<>();
		String raw = exchange.getRequestURI().getRawQuery();
		if (raw == null) return query;
		for (String pair : raw.split("&")) {
			String[] parts = pair.split("=", 2);
			query.put(parts[0], parts.length < 2 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
		}
		return query;
	}

	@Override
	public void handle(HttpExchange exchange) throws IOException {
		try {
			answer(exchange);
		} catch (InvalidRequestException | CodecException | IllegalArgumentException error) {
			reply(exchange, 400, "text/plain", "Invalid request: " + error.getMessage());
		} catch (Exception error) {
			error.printStackTrace();
			reply(exchange, 500, "text/plain", error.getClass().getSimpleName() + ": " + error.getMessage());
		} finally {
			exchange.close();
		}
	}

	private void answer(HttpExchange exchange) throws IOException, InterruptedException {
		String below = exchange.getRequestURI().getRawPath().substring("/api/clients".length());
		List<String> words = Arrays.stream(below.split("/")).filter(word -> !word.isEmpty())
				.map(word -> URLDecoder.decode(word, StandardCharsets.UTF_8)).toList();
		if (words.isEmpty()) {
			ArrayNode all = Json.MAPPER.createArrayNode();
			server.getRegistrationService().getAllRegistrations().forEachRemaining(one -> all.add(Json.registration(one)));
			reply(exchange, 200, "application/json", all.toString());
			return;
		}
		Registration registration = server.getRegistrationService().getByEndpoint(words.get(0));
		if (registration == null) {
			reply(exchange, 400, "text/plain", "No registered client with id '" + words.get(0) + "'");
			return;
		}
		if (words.size() == 1) {
			reply(exchange, 200, "application/json", Json.registration(registration).toString());
			return;
		}
		operate(exchange, registration, callOf(exchange, words.subList(1, words.size())));
	}

	private static Call callOf(HttpExchange exchange, List<String> words) throws IOException {
		String last = words.get(words.size() - 1);
		boolean isVerb = List.of("discover", "attributes", "observe").contains(last);
		String type = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Content-Type")).orElse("");
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		return new Call(
				exchange.getRequestMethod(), isVerb ? words.subList(0, words.size() - 1) : words, isVerb ? last : "",
				queryOf(exchange), exchange.getRequestURI().getRawQuery(), type, body);
	}

	private void operate(HttpExchange exchange, Registration registration, Call call)
			throws IOException, InterruptedException {
		if (call.method.equals("DELETE") && call.verb.equals("observe")) {
			cancel(exchange, registration, call);
			return;
		}
		send(exchange, registration, call, requestOf(call));
	}

	private static DownlinkDeviceManagementRequest<?> requestOf(Call call) throws IOException {
		String path = call.lwm2mPath();
		switch (call.method + " " + call.verb) {
			case "GET ":
				return new ReadRequest(call.format(), path);
			case "GET discover":
				return new DiscoverRequest(path);
			case "PUT ":
				boolean replace = !"false".equals(call.query.get("replace"));
				WriteRequest.Mode mode = replace ? WriteRequest.Mode.REPLACE : WriteRequest.Mode.UPDATE;
				return new WriteRequest(mode, call.format(), path, call.node());
			case "PUT attributes":
				return new WriteAttributesRequest(path, call.attributes());
			case "POST observe":
				return new ObserveRequest(call.format(), path);
			case "POST ":
				if (call.path.size() == 3) return new ExecuteRequest(path, call.body.isEmpty() ? null : call.body);
				return createOf(call);
			case "DELETE ":
				return new DeleteRequest(path);
			default:
				throw new InvalidRequestException("Invalid path");
		}
	}

	private static CreateRequest createOf(Call call) throws IOException {
		LwM2mObjectInstance instance = (LwM2mObjectInstance) call.node();
		if (instance.getId() != LwM2mObjectInstance.UNDEFINED) {
			return new CreateRequest(call.format(), call.lwm2mPath(), instance);
		}
		return new CreateRequest(call.format(), call.lwm2mPath(), instance.getResources().values());
	}

	private void cancel(HttpExchange exchange, Registration registration, Call call)
			throws IOException, InterruptedException {
		if (!call.query.containsKey("active")) {
			server.getObservationService().cancelObservations(registration, call.lwm2mPath());
			reply(exchange, 200, "text/plain", "");
			return;
		}
		Optional<SingleObservation> observation = server.getObservationService().getObservations(registration).stream()
				.filter(SingleObservation.class::isInstance).map(SingleObservation.class::cast)
				.filter(one -> one.getPath().equals(new LwM2mPath(call.lwm2mPath()))).findFirst();
		if (observation.isEmpty()) {
			reply(exchange, 404, "text/plain", "no observation for path " + call.lwm2mPath());
			return;
		}
		LwM2mResponse response = send(exchange, registration, call, new CancelObservationRequest(observation.get()));
		if (response != null && response.isSuccess()) {
			server.getObservationService().cancelObservations(registration, call.lwm2mPath());
		}
	}

	private LwM2mResponse send(
			HttpExchange exchange, Registration registration, Call call, DownlinkDeviceManagementRequest<?> request)
			throws IOException, InterruptedException {
		String seconds = call.query.get("timeout");
		long timeoutMs = seconds == null ? DEFAULT_TIMEOUT_MS : Long.parseLong(seconds) * 1000;
		LwM2mResponse response = server.send(registration, request, timeoutMs);
		if (response == null) reply(exchange, 504, "text/plain", "Request timeout");
		else reply(exchange, 200, "application/json", Json.answer(response).toString());
		return response;
	}

	private static void reply(HttpExchange exchange, int status, String type, String text) throws IOException {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
		exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
		try (OutputStream out = exchange.getResponseBody()) {
			out.write(bytes);
		}
	}
}
