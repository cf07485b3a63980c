package dormouse.leshan;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.TimestampedLwM2mNode;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.response.CreateResponse;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ReadCompositeResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationUpdate;

/** Registrations, links and answers in the JSON of leshan-demo-server's REST API. */
final class Json {
	static final ObjectMapper MAPPER = new ObjectMapper();

	private Json() {
	}

	static ObjectNode object() {
		return JsonNodeFactory.instance.objectNode();
	}

	static ObjectNode registration(Registration registration) {
		ObjectNode json = object();
		json.put("endpoint", registration.getEndpoint());
		json.put("registrationId", registration.getId());
		json.put("registrationDate", registration.getRegistrationDate().getTime());
		json.put("lastUpdate", registration.getLastUpdate().getTime());
		json.put("address", registration.getAddress().getHostAddress() + ":" + registration.getPort());
		putKnown(json, "smsNumber", registration.getSmsNumber());
		json.put("lwM2mVersion", registration.getLwM2mVersion().toString());
		json.put("lifetime", registration.getLifeTimeInSec());
		json.put("bindingMode", BindingMode.toString(registration.getBindingMode()));
		json.put("rootPath", registration.getRootPath());
		json.set("objectLinks", links(registration.getObjectLinks()));
		json.put("secure", registration.getClientTransportData().getIdentity().isSecure());
		json.set("additionalRegistrationAttributes",
				MAPPER.valueToTree(registration.getAdditionalRegistrationAttributes()));
		json.put("queuemode", registration.usesQueueMode());
		ObjectNode instances = json.putObject("availableInstances");
		for (LwM2mPath path : registration.getAvailableInstances()) {
			instances.withArray("/" + path.getObjectId()).add(path.getObjectInstanceId());
		}
		return json;
	}

	static ObjectNode update(RegistrationUpdate update) {
		ObjectNode json = object();
		json.put("registrationId", update.getRegistrationId());
		json.put("address", update.getAddress().getHostAddress() + ":" + update.getPort());
		putKnown(json, "smsNumber", update.getSmsNumber());
		if (update.getLifeTimeInSec() != null) json.put("lifetime", update.getLifeTimeInSec());
		putKnown(json, "alternatePath", update.getAlternatePath());
		if (update.getObjectLinks() != null) json.set("objectLinks", links(update.getObjectLinks()));
		json.set("additionalAttributes", MAPPER.valueToTree(update.getAdditionalAttributes()));
		return json;
	}

	static ObjectNode answer(LwM2mResponse response) {
		ObjectNode json = object();
		json.put("status", response.getCode().toString());
		json.put("valid", response.isValid());
		json.put("success", response.isSuccess());
		json.put("failure", response.isFailure());
		if (response instanceof ReadCompositeResponse read && read.getContent() != null) {
			json.set("content", Nodes.toJson(read.getContent()));
			putSeries(json, read.getTimestampedLwM2mNode());
		} else if (response instanceof ReadResponse read && read.getContent() != null) {
			json.set("content", Nodes.toJson(read.getContent()));
		} else if (response instanceof DiscoverResponse discover && discover.getObjectLinks() != null) {
			json.set("objectLinks", links(discover.getObjectLinks()));
		} else if (response instanceof CreateResponse create) {
			putKnown(json, "location", create.getLocation());
		}
		String why = response.getErrorMessage();
		if (response.isFailure() && why != null && !why.isEmpty()) json.put("errormessage", why);
		return json;
	}

	/**
	 * What a payload with times held, oldest first: [{"timestamp": milliseconds, "val": {path: NODE}}]. The demo tells
	 * no times; nothing is added for a payload without.
	 */
	static void putSeries(ObjectNode json, TimestampedLwM2mNodes nodes) {
		if (nodes == null || nodes.getTimestamps().stream().allMatch(Objects::isNull)) return;
		ArrayNode series = json.putArray("series");
		nodes.getTimestamps().stream().filter(Objects::nonNull).sorted().forEach(time -> {
			ObjectNode entry = series.addObject().put("timestamp", time.toEpochMilli());
			entry.set("val", Nodes.toJson(nodes.getNodesAt(time)));
		});
	}

	/** The same of an observation of one path. */
	static void putSeries(ObjectNode json, LwM2mPath path, List<TimestampedLwM2mNode> nodes) {
		if (nodes == null) return;
		List<TimestampedLwM2mNode> timed = nodes.stream().filter(TimestampedLwM2mNode::isTimestamped)
				.sorted(Comparator.comparing(TimestampedLwM2mNode::getTimestamp)).toList();
		if (timed.isEmpty()) return;
		ArrayNode series = json.putArray("series");
		for (TimestampedLwM2mNode one : timed) {
			ObjectNode entry = series.addObject().put("timestamp", one.getTimestamp().toEpochMilli());
			entry.set("val", Nodes.toJson(Map.of(path, one.getNode())));
		}
	}

	/** The demo leaves out what it does not know. */
	private static void putKnown(ObjectNode json, String name, String value) {
		if (value != null) json.put(name, value);
	}

	private static ArrayNode links(Link[] links) {
		ArrayNode json = JsonNodeFactory.instance.arrayNode();
		for (Link link : links) {
			ObjectNode entry = json.addObject();
			entry.put("url", link.getUriReference());
			ObjectNode attributes = entry.putObject("attributes");
			link.getAttributes().forEach(attribute -> attributes.put(attribute.getName(), attribute.getCoreLinkValue()));
		}
		return json;
	}
}
