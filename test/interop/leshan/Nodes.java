package dormouse.leshan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.leshan.core.link.DefaultLinkParser;
import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.LinkParseException;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mChildNode;
import org.eclipse.leshan.core.node.LwM2mMultipleResource;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.LwM2mRoot;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.request.exception.InvalidRequestException;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.core.util.datatype.ULong;

/**
 * Objects, instances, resources and resource instances, to and from the JSON of leshan-demo-server: integers and
 * floats as strings, times in milliseconds, opaque values as hexadecimal digits.
 */
final class Nodes {
	private Nodes() {
	}

	/** Of a composite: path → NODE, null where there was nothing. */
	static ObjectNode toJson(Map<LwM2mPath, LwM2mNode> nodes) {
		ObjectNode json = Json.object();
		nodes.forEach((path, node) -> json.set(path.toString(), node == null ? json.nullNode() : toJson(node)));
		return json;
	}

	static ObjectNode toJson(LwM2mNode node) {
		ObjectNode json = Json.object();
		if (node instanceof LwM2mRoot root) {
			json.put("kind", "root");
			ArrayNode objects = json.putArray("objects");
			root.getObjects().values().forEach(object -> objects.add(toJson(object)));
			return json;
		}
		json.put("id", ((LwM2mChildNode) node).getId());
		if (node instanceof LwM2mObject object) {
			json.put("kind", "obj");
			ArrayNode instances = json.putArray("instances");
			object.getInstances().values().forEach(instance -> instances.add(toJson(instance)));
		} else if (node instanceof LwM2mObjectInstance instance) {
			json.put("kind", "instance");
			ArrayNode resources = json.putArray("resources");
			instance.getResources().values().forEach(resource -> resources.add(toJson(resource)));
		} else if (node instanceof LwM2mResourceInstance instance) {
			json.put("kind", "resourceInstance").put("type", instance.getType().name());
			json.set("value", valueToJson(instance.getType(), instance.getValue()));
		} else if (node instanceof LwM2mResource resource && resource.isMultiInstances()) {
			json.put("kind", "multiResource").put("type", resource.getType().name());
			ObjectNode values = json.putObject("values");
			resource.getInstances().forEach((id, instance) ->
					values.set(id.toString(), valueToJson(resource.getType(), instance.getValue())));
		} else if (node instanceof LwM2mResource resource) {
			json.put("kind", "singleResource").put("type", resource.getType().name());
			json.set("value", valueToJson(resource.getType(), resource.getValue()));
		}
		return json;
	}

	private static JsonNode valueToJson(Type type, Object value) {
		JsonNodeFactory json = JsonNodeFactory.instance;
		return switch (type) {
			case BOOLEAN -> json.booleanNode((Boolean) value);
			case TIME -> json.numberNode(((Date) value).getTime());
			case OPAQUE -> json.textNode(Hex.encodeHexString((byte[]) value));
			case CORELINK -> json.textNode(new DefaultLinkSerializer().serializeCoreLinkFormat((Link[]) value));
			case OBJLNK -> Json.object().put("objectId", ((ObjectLink) value).getObjectId())
					.put("objectInstanceId", ((ObjectLink) value).getObjectInstanceId());
			default -> json.textNode(value.toString());
		};
	}

	/** @throws InvalidRequestException when the JSON is not of one of the shapes above */
	static LwM2mChildNode fromJson(JsonNode json) {
		if (json.has("instances")) {
			List<LwM2mObjectInstance> instances = new ArrayList<>();
			json.get("instances").forEach(instance -> instances.add((LwM2mObjectInstance) fromJson(instance)));
			return new LwM2mObject(idOf(json), instances);
		}
		if (json.has("resources")) {
			List<LwM2mResource> resources = new ArrayList<>();
			json.get("resources").forEach(resource -> resources.add((LwM2mResource) fromJson(resource)));
			if (!json.has("id")) return new LwM2mObjectInstance(resources);
			return new LwM2mObjectInstance(idOf(json), resources);
		}
		if (json.has("values")) {
			Map<Integer, Object> values = new TreeMap<>();
			json.get("values").fields().forEachRemaining(field ->
					values.put(Integer.valueOf(field.getKey()), valueFromJson(field.getValue(), typeOf(json))));
			return LwM2mMultipleResource.newResource(idOf(json), values, typeOf(json));
		}
		if (!json.has("value")) throw new InvalidRequestException("no instances, resources, values or value in %s", json);
		Object value = valueFromJson(json.get("value"), typeOf(json));
		if (json.path("kind").asText().equals("resourceInstance")) {
			return LwM2mResourceInstance.newInstance(idOf(json), value, typeOf(json));
		}
		return LwM2mSingleResource.newResource(idOf(json), value, typeOf(json));
	}

	private static int idOf(JsonNode json) {
		if (!json.path("id").isInt()) throw new InvalidRequestException("no id in %s", json);
		return json.get("id").asInt();
	}

	private static Type typeOf(JsonNode json) {
		return Type.valueOf(json.path("type").asText().toUpperCase(Locale.ROOT));
	}

	private static Object valueFromJson(JsonNode json, Type type) {
		return switch (type) {
			case BOOLEAN -> json.asBoolean();
			case STRING -> json.asText();
			case INTEGER -> Long.valueOf(json.asText());
			case UNSIGNED_INTEGER -> ULong.valueOf(json.asText());
			case FLOAT -> Double.valueOf(json.asText());
			case TIME -> new Date(json.asLong());
			case OPAQUE -> Hex.decodeHex(json.asText().toCharArray());
			case OBJLNK -> new ObjectLink(json.path("objectId").asInt(), json.path("objectInstanceId").asInt());
			case CORELINK -> linksOf(json.asText());
			default -> throw new InvalidRequestException("no values of type %s", type);
		};
	}

	private static Link[] linksOf(String text) {
		try {
			return new DefaultLinkParser().parseCoreLinkFormat(text.getBytes(StandardCharsets.UTF_8));
		} catch (LinkParseException error) {
			throw new InvalidRequestException(error, "%s", error.getMessage());
		}
	}
}
