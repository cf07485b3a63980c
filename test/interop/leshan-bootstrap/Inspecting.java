package dormouse.leshanbootstrap;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.leshan.core.request.BootstrapDiscoverRequest;
import org.eclipse.leshan.core.request.BootstrapDownlinkRequest;
import org.eclipse.leshan.core.request.BootstrapReadRequest;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.bootstrap.BootstrapConfigStore;
import org.eclipse.leshan.server.bootstrap.BootstrapConfigStoreTaskProvider;
import org.eclipse.leshan.server.bootstrap.BootstrapSession;
import org.eclipse.leshan.server.bootstrap.BootstrapTaskProvider;

/**
 * Leshan's own steps, and around them a Discover of the root and Reads of Objects 1 and 2 for clients that are to be
 * inspected: before anything is written, and again before the Finish.
 */
final class Inspecting implements BootstrapTaskProvider {
	private final BootstrapTaskProvider steps;
	private final Set<String> inspected;
	private final Set<BootstrapSession> written = java.util.concurrent.ConcurrentHashMap.newKeySet();

	Inspecting(BootstrapConfigStore configurations, Set<String> inspected) {
		steps = new BootstrapConfigStoreTaskProvider(configurations);
		this.inspected = inspected;
	}

	@Override
	public Tasks getTasks(BootstrapSession session, List<LwM2mResponse> responses) {
		if (!inspected.contains(session.getEndpoint())) return steps.getTasks(session, responses);
		if (responses == null) return steps.getTasks(session, null) == null ? null : inspection(false);
		if (written.remove(session)) return inspection(true);
		Tasks tasks = steps.getTasks(session, responses);
		if (tasks == null) return null;
		tasks.last = false;
		written.add(session);
		return tasks;
	}

	/** The Discover comes first: it is where Leshan looks for a free Security Instance. */
	private static Tasks inspection(boolean isLast) {
		Tasks tasks = new Tasks();
		List<BootstrapDownlinkRequest<? extends LwM2mResponse>> requests = new ArrayList<>();
		requests.add(new BootstrapDiscoverRequest());
		requests.add(new BootstrapReadRequest(1));
		requests.add(new BootstrapReadRequest(2));
		tasks.requestsToSend = requests;
		tasks.supportedObjects = Map.of(0, "1.1", 1, "1.1", 2, "1.0");
		tasks.last = isLast;
		return tasks;
	}
}
