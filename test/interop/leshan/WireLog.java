package dormouse.leshan;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.eclipse.californium.core.coap.EmptyMessage;
import org.eclipse.californium.core.coap.Message;
import org.eclipse.californium.core.coap.Option;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.interceptors.MessageInterceptor;
import org.eclipse.leshan.core.util.Hex;

/** Every CoAP message that crosses the endpoint, with its remote address, as the data of a COAPLOG event. */
final class WireLog implements MessageInterceptor {
	private final BiConsumer<InetSocketAddress, ObjectNode> sink;

	WireLog(BiConsumer<InetSocketAddress, ObjectNode> sink) {
		this.sink = sink;
	}

	@Override
	public void sendRequest(Request request) {
		sent(request, request.getCode().toString());
	}

	@Override
	public void sendResponse(Response response) {
		sent(response, response.getCode().toString());
	}

	@Override
	public void sendEmptyMessage(EmptyMessage message) {
		sent(message, null);
	}

	@Override
	public void receiveRequest(Request request) {
		received(request, request.getCode().toString());
	}

	@Override
	public void receiveResponse(Response response) {
		received(response, response.getCode().toString());
	}

	@Override
	public void receiveEmptyMessage(EmptyMessage message) {
		received(message, null);
	}

	private void sent(Message message, String code) {
		sink.accept(message.getDestinationContext().getPeerAddress(), toJson(message, code).put("incoming", false));
	}

	private void received(Message message, String code) {
		sink.accept(message.getSourceContext().getPeerAddress(), toJson(message, code).put("incoming", true));
	}

	private static ObjectNode toJson(Message message, String code) {
		ObjectNode json = Json.object();
		json.put("timestamp", System.currentTimeMillis());
		json.put("type", message.getType().toString());
		if (code != null) json.put("code", code);
		json.put("mId", message.getMID());
		json.put("token", message.getTokenString());
		Map<String, String> options = new TreeMap<>();
		for (Option option : message.getOptions().asSortedList()) {
			options.merge(option.getDefinition().toString(), option.toValueString(), (one, other) -> one + ", " + other);
		}
		StringBuilder text = new StringBuilder();
		options.forEach((name, value) -> text.append(text.isEmpty() ? "" : " - ").append(name).append(": ").append(value));
		if (!options.isEmpty()) json.put("options", text.toString());
		byte[] payload = message.getPayload();
		if (payload != null && payload.length > 0) json.put("payload", payloadText(payload));
		return json;
	}

	private static String payloadText(byte[] payload) {
		StringBuilder text = new StringBuilder();
		for (byte value : payload) {
			if (value < ' ' || value > '~') return "Hex:" + Hex.encodeHexString(payload);
			text.append((char) value);
		}
		return text.toString();
	}
}
