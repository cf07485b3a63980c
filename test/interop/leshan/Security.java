package dormouse.leshan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.servers.security.EditableSecurityStore;
import org.eclipse.leshan.servers.security.InMemorySecurityStore;
import org.eclipse.leshan.servers.security.SecurityInfo;

/**
 * /api/security: credentials of clients, and the server's own certificate, in the shapes of leshan-demo-server. The
 * store and all that is done with it are Leshan's own.
 */
final class Security implements HttpHandler {
	private final EditableSecurityStore store = new InMemorySecurityStore();
	private final PrivateKey key;
	private final X509Certificate certificate;
	private final Certificate[] trusted;

	/** @param folder with server.key (PKCS #8), server.crt and client.crt, all in DER */
	Security(Path folder) throws Exception {
		key = KeyFactory.getInstance("EC").generatePrivate(
				new PKCS8EncodedKeySpec(Files.readAllBytes(folder.resolve("server.key"))));
		certificate = certificateIn(folder.resolve("server.crt"));
		trusted = new Certificate[] { certificateIn(folder.resolve("client.crt")) };
	}

	private static X509Certificate certificateIn(Path file) throws Exception {
		return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(Files.newInputStream(file));
	}

	void configure(LeshanServerBuilder builder) {
		builder.setSecurityStore(store);
		builder.setPrivateKey(key);
		builder.setCertificateChain(new X509Certificate[] { certificate });
		builder.setTrustedCertificates(trusted);
	}

	@Override
	public void handle(HttpExchange exchange) throws IOException {
		try {
			answer(exchange);
		} catch (Exception error) {
			reply(exchange, 400, error.getClass().getSimpleName() + ": " + error.getMessage());
		} finally {
			exchange.close();
		}
	}

	private void answer(HttpExchange exchange) throws Exception {
		String[] path = exchange.getRequestURI().getRawPath().substring("/api/security/".length()).split("/");
		if (path[0].equals("server")) {
			reply(exchange, 200, own().toString());
			return;
		}
		switch (exchange.getRequestMethod()) {
			case "PUT":
				store.add(infoOf(Json.MAPPER.readTree(exchange.getRequestBody())));
				reply(exchange, 200, "");
				break;
			case "DELETE":
				boolean isGone = store.remove(URLDecoder.decode(path[1], StandardCharsets.UTF_8), true) != null;
				reply(exchange, 200, isGone ? "" : "{\"message\":\"not_found\"}");
				break;
			default:
				ArrayNode all = Json.MAPPER.createArrayNode();
				store.getAll().forEach(info -> all.addObject().put("endpoint", info.getEndpoint()));
				reply(exchange, 200, all.toString());
		}
	}

	private ObjectNode own() throws Exception {
		ObjectNode json = Json.object();
		ObjectNode shown = json.putObject("certificate");
		shown.putObject("pubkey").put("b64Der", base64(certificate.getPublicKey().getEncoded()));
		shown.put("b64Der", base64(certificate.getEncoded()));
		return json;
	}

	private static String base64(byte[] bytes) {
		return Base64.getEncoder().encodeToString(bytes);
	}

	private static SecurityInfo infoOf(JsonNode json) throws Exception {
		String endpoint = json.get("endpoint").asText();
		JsonNode tls = json.get("tls");
		JsonNode details = tls.get("details");
		switch (tls.get("mode").asText()) {
			case "psk":
				byte[] secret = HexFormat.of().parseHex(details.get("key").asText());
				return SecurityInfo.newPreSharedKeyInfo(endpoint, details.get("identity").asText(), secret);
			case "rpk":
				byte[] spki = HexFormat.of().parseHex(details.get("key").asText());
				return SecurityInfo.newRawPublicKeyInfo(endpoint, KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(spki)));
			case "x509":
				return SecurityInfo.newX509CertInfo(endpoint);
			default:
				throw new IllegalArgumentException("mode");
		}
	}

	private static void reply(HttpExchange exchange, int status, String text) throws IOException {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
		exchange.getResponseBody().write(bytes);
	}
}
