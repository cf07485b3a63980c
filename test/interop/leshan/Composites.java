package dormouse.leshan;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.request.CancelCompositeObservationRequest;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ObserveCompositeRequest;
import org.eclipse.leshan.core.request.ReadCompositeRequest;
import org.eclipse.leshan.core.request.WriteCompositeRequest;
import org.eclipse.leshan.core.request.exception.InvalidRequestException;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Registration;

/** Read-, Write- and Observe-Composite: /api/clients/{endpoint}/composite and …/composite/observe. */
final class Composites {
	private final LeshanServer server;

	Composites(LeshanServer server) {
		this.server = server;
	}

	/** The request that a call asks for; not for the end of an observation. */
	static DownlinkDeviceManagementRequest<?> requestOf(Call call) throws IOException {
		switch (call.method() + " " + call.verb()) {
			case "GET ":
				return new ReadCompositeRequest(call.format("pathformat"), call.format("nodeformat"), pathsOf(call));
			case "PUT ":
				return new WriteCompositeRequest(call.format("nodeformat"), nodesOf(call), null);
			case "POST observe":
				List<LwM2mPath> paths = LwM2mPath.getLwM2mPathList(pathsOf(call));
				return new ObserveCompositeRequest(call.format("pathformat"), call.format("nodeformat"), paths);
			default:
				throw new InvalidRequestException("Invalid path");
		}
	}

	private static List<String> pathsOf(Call call) {
		String paths = call.query().get("paths");
		if (paths == null) throw new InvalidRequestException("no paths");
		return Arrays.asList(paths.split(","));
	}

	private static Map<LwM2mPath, LwM2mNode> nodesOf(Call call) throws IOException {
		Map<LwM2mPath, LwM2mNode> nodes = new HashMap<>();
		for (Map.Entry<String, JsonNode> field : Json.MAPPER.readTree(call.body()).properties()) {
			nodes.put(new LwM2mPath(field.getKey()), Nodes.fromJson(field.getValue()));
		}
		return nodes;
	}

	/** The server forgets, and answers the next notification with a Reset. */
	void cancelPassively(Registration registration, Call call) {
		server.getObservationService().cancelCompositeObservations(registration, pathsOf(call).toArray(String[]::new));
	}

	/** The request that ends an observation at the client; empty when these paths are not observed together. */
	Optional<CancelCompositeObservationRequest> cancellationOf(Registration registration, Call call) {
		List<LwM2mPath> paths = LwM2mPath.getLwM2mPathList(pathsOf(call));
		return server.getObservationService().getObservations(registration).stream()
				.filter(CompositeObservation.class::isInstance).map(CompositeObservation.class::cast)
				.filter(one -> one.getPaths().equals(paths)).findFirst().map(CancelCompositeObservationRequest::new);
	}
}
