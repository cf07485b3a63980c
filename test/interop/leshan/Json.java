package dormouse.leshan;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.response.CreateResponse;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
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
		if (response instanceof ReadResponse read && read.getContent() != null) {
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
