package dormouse.leshan;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.eclipse.leshan.core.node.LwM2mChildNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.codec.CodecException;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.CancelObservationRequest;
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
	private final LeshanServer server;
	private final Composites composites;

	Clients(LeshanServer server) {
		this.server = server;
		this.composites = new Composites(server);
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
		operate(exchange, registration, Call.of(exchange, words.subList(1, words.size())));
	}

	private void operate(HttpExchange exchange, Registration registration, Call call)
			throws IOException, InterruptedException {
		if (call.method().equals("DELETE") && call.verb().equals("observe")) {
			cancel(exchange, registration, call);
			return;
		}
		send(exchange, registration, call, call.isComposite() ? Composites.requestOf(call) : requestOf(call));
	}

	private static DownlinkDeviceManagementRequest<?> requestOf(Call call) throws IOException {
		String path = call.lwm2mPath();
		switch (call.method() + " " + call.verb()) {
			case "GET ":
				return new ReadRequest(call.format(), path);
			case "GET discover":
				return new DiscoverRequest(path);
			case "PUT ":
				boolean replace = !"false".equals(call.query().get("replace"));
				WriteRequest.Mode mode = replace ? WriteRequest.Mode.REPLACE : WriteRequest.Mode.UPDATE;
				return new WriteRequest(mode, call.format(), path, call.node());
			case "PUT attributes":
				return new WriteAttributesRequest(path, call.attributes());
			case "POST observe":
				return new ObserveRequest(call.format(), path);
			case "POST ":
				if (call.path().size() == 3) return new ExecuteRequest(path, call.body().isEmpty() ? null : call.body());
				return createOf(call);
			case "DELETE ":
				return new DeleteRequest(path);
			default:
				throw new InvalidRequestException("Invalid path");
		}
	}

	/** Of one instance as the demo has it, or of those of an object, which the demo does not offer. */
	private static CreateRequest createOf(Call call) throws IOException {
		LwM2mChildNode node = call.node();
		if (node instanceof LwM2mObject object) {
			LwM2mObjectInstance[] instances = object.getInstances().values().toArray(LwM2mObjectInstance[]::new);
			return new CreateRequest(call.format(), call.lwm2mPath(), instances);
		}
		LwM2mObjectInstance instance = (LwM2mObjectInstance) node;
		if (instance.getId() != LwM2mObjectInstance.UNDEFINED) {
			return new CreateRequest(call.format(), call.lwm2mPath(), instance);
		}
		return new CreateRequest(call.format(), call.lwm2mPath(), instance.getResources().values());
	}

	private void cancel(HttpExchange exchange, Registration registration, Call call)
			throws IOException, InterruptedException {
		if (!call.query().containsKey("active")) {
			if (call.isComposite()) composites.cancelPassively(registration, call);
			else server.getObservationService().cancelObservations(registration, call.lwm2mPath());
			reply(exchange, 200, "text/plain", "");
			return;
		}
		Optional<? extends DownlinkDeviceManagementRequest<?>> request =
				call.isComposite() ? composites.cancellationOf(registration, call) : cancellationOf(registration, call);
		if (request.isEmpty()) {
			reply(exchange, 404, "text/plain", "no observation for path " + call.lwm2mPath());
			return;
		}
		LwM2mResponse response = send(exchange, registration, call, request.get());
		if (response == null || !response.isSuccess()) return;
		if (call.isComposite()) composites.cancelPassively(registration, call);
		else server.getObservationService().cancelObservations(registration, call.lwm2mPath());
	}

	private Optional<CancelObservationRequest> cancellationOf(Registration registration, Call call) {
		LwM2mPath path = new LwM2mPath(call.lwm2mPath());
		return server.getObservationService().getObservations(registration).stream()
				.filter(SingleObservation.class::isInstance).map(SingleObservation.class::cast)
				.filter(one -> one.getPath().equals(path)).findFirst().map(CancelObservationRequest::new);
	}

	private LwM2mResponse send(
			HttpExchange exchange, Registration registration, Call call, DownlinkDeviceManagementRequest<?> request)
			throws IOException, InterruptedException {
		LwM2mResponse response = server.send(registration, request, call.timeoutMs());
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
