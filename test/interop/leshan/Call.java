package dormouse.leshan;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.eclipse.leshan.core.link.attributes.InvalidAttributeException;
import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.node.LwM2mChildNode;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.exception.InvalidRequestException;

/** What came, taken apart: /api/clients/{endpoint}/{path}/{verb}. */
record Call(
		String method, List<String> path, String verb, Map<String, String> query, String rawQuery, String type, String body) {
	private static final long DEFAULT_TIMEOUT_MS = 5000;

	/** @param words what follows the endpoint's name; at least one */
	static Call of(HttpExchange exchange, List<String> words) throws IOException {
		String last = words.get(words.size() - 1);
		boolean isVerb = List.of("discover", "attributes", "observe").contains(last);
		String type = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Content-Type")).orElse("");
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		return new Call(
				exchange.getRequestMethod(), isVerb ? words.subList(0, words.size() - 1) : words, isVerb ? last : "",
				queryOf(exchange), exchange.getRequestURI().getRawQuery(), type, body);
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

	boolean isComposite() {
		return path.equals(List.of("composite"));
	}

	String lwm2mPath() {
		return "/" + String.join("/", path);
	}

	ContentFormat format() {
		return format("format");
	}

	/** Of one of the query's parameters; null when it is not there. */
	ContentFormat format(String parameter) {
		String name = query.get(parameter);
		return name == null ? null : ContentFormat.fromName(name.toUpperCase(Locale.ROOT));
	}

	long timeoutMs() {
		String seconds = query.get("timeout");
		return seconds == null ? DEFAULT_TIMEOUT_MS : Long.parseLong(seconds) * 1000;
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
