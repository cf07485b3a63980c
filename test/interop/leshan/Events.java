package dormouse.leshan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.SendRequest;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.endpoint.LwM2mServerEndpoint;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.queue.PresenceListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.server.send.SendListener;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpoint;

/**
 * GET /api/event, server-sent events: of all clients, or with ?ep=NAME of one client and with its messages (COAPLOG).
 */
final class Events
		implements HttpHandler, RegistrationListener, ObservationListener, SendListener, PresenceListener {
	/**
	 * One open stream. `endpoint` null: of all clients. `address` is where that client was when the stream was opened.
	 */
	private record Stream(String endpoint, InetSocketAddress address, OutputStream out, CountDownLatch closed) {
	}

	private final List<Stream> streams = new CopyOnWriteArrayList<>();
	private final LeshanServer server;

	Events(LeshanServer server) {
		this.server = server;
		server.getRegistrationService().addListener(this);
		server.getObservationService().addListener(this);
		server.getSendService().addListener(this);
		server.getPresenceService().addListener(this);
		WireLog wireLog = new WireLog(this::wire);
		for (LwM2mServerEndpoint endpoint : server.getEndpoints()) {
			((CaliforniumServerEndpoint) endpoint).getCoapEndpoint().addInterceptor(wireLog);
		}
	}

	@Override
	public void handle(HttpExchange exchange) throws IOException {
		String endpoint = Call.queryOf(exchange).get("ep");
		exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
		exchange.sendResponseHeaders(200, 0);
		Registration client = endpoint == null ? null : server.getRegistrationService().getByEndpoint(endpoint);
		InetSocketAddress address = client == null ? null : client.getSocketAddress();
		Stream stream = new Stream(endpoint, address, exchange.getResponseBody(), new CountDownLatch(1));
		stream.out.flush();
		streams.add(stream);
		try {
			stream.closed.await();
		} catch (InterruptedException error) {
			Thread.currentThread().interrupt();
		} finally {
			exchange.close();
		}
	}

	private synchronized void send(String event, String endpoint, JsonNode data) {
		byte[] bytes = ("event: " + event + "\ndata: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
		for (Stream stream : streams) {
			boolean isWire = event.equals("COAPLOG");
			if (stream.endpoint == null ? isWire : !stream.endpoint.equals(endpoint)) continue;
			try {
				stream.out.write(bytes);
				stream.out.flush();
			} catch (IOException error) {
				streams.remove(stream); // the other side has gone
				stream.closed.countDown();
			}
		}
	}

	private void wire(InetSocketAddress address, ObjectNode message) {
		for (Stream stream : streams) {
			if (!address.equals(stream.address)) continue;
			send("COAPLOG", stream.endpoint, message.put("ep", stream.endpoint));
			return;
		}
	}

	@Override
	public void registered(Registration registration, Registration previous, Collection<Observation> observations) {
		send("REGISTRATION", registration.getEndpoint(), Json.registration(registration));
	}

	@Override
	public void updated(RegistrationUpdate update, Registration registration, Registration previous) {
		ObjectNode data = Json.object();
		data.set("registration", Json.registration(registration));
		data.set("update", Json.update(update));
		send("UPDATED", registration.getEndpoint(), data);
	}

	@Override
	public void unregistered(
			Registration registration, Collection<Observation> observations, boolean expired, Registration next) {
		send("DEREGISTRATION", registration.getEndpoint(), Json.registration(registration));
	}

	@Override
	public void onAwake(Registration registration) {
		send("AWAKE", registration.getEndpoint(), Json.object().put("ep", registration.getEndpoint()));
	}

	@Override
	public void onSleeping(Registration registration) {
		send("SLEEPING", registration.getEndpoint(), Json.object().put("ep", registration.getEndpoint()));
	}

	@Override
	public void onResponse(SingleObservation observation, Registration registration, ObserveResponse response) {
		if (registration == null || response.getContent() == null) return;
		ObjectNode data = Json.object().put("ep", registration.getEndpoint()).put("kind", "single");
		data.put("res", observation.getPath().toString()).set("val", Nodes.toJson(response.getContent()));
		Json.putSeries(data, observation.getPath(), response.getTimestampedLwM2mNodes());
		send("NOTIFICATION", registration.getEndpoint(), data);
	}

	@Override
	public void onResponse(CompositeObservation observation, Registration registration, ObserveCompositeResponse response) {
		if (registration == null || response.getContent() == null) return;
		ObjectNode data = Json.object().put("ep", registration.getEndpoint()).put("kind", "composite");
		data.set("val", Nodes.toJson(response.getContent()));
		ArrayNode paths = data.putArray("paths");
		observation.getPaths().forEach(path -> paths.add(path.toString()));
		Json.putSeries(data, response.getTimestampedLwM2mNodes());
		send("NOTIFICATION", registration.getEndpoint(), data);
	}

	@Override
	public void dataReceived(Registration registration, TimestampedLwM2mNodes nodes, SendRequest request) {
		if (registration == null) return;
		ObjectNode data = Json.object().put("ep", registration.getEndpoint());
		data.set("val", Nodes.toJson(nodes.getMostRecentNodes()));
		Json.putSeries(data, nodes);
		send("SEND", registration.getEndpoint(), data);
	}

	@Override
	public void onError(Registration registration, String why, Exception error) {
		System.err.println("Send not understood: " + why);
		error.printStackTrace(); // its causes say what is wrong
	}

	@Override
	public void onError(Observation observation, Registration registration, Exception error) {
		System.err.println("notification not understood: " + observation + ": " + error);
	}

	@Override
	public void newObservation(Observation observation, Registration registration) {
		// leshan-demo-server tells nobody either
	}

	@Override
	public void cancelled(Observation observation) {
		// leshan-demo-server tells nobody either
	}
}
