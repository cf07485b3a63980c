package dormouse.leshan;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.server.queue.StaticClientAwakeTimeProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coaps.CoapsServerProtocolProvider;

/**
 * Leshan's LwM2M server, from the libraries that Maven Central has, with the part of leshan-demo-server's REST calls
 * and events that the interop suite uses. The LwM2M side (CoAP, registry, codecs, observations) is Leshan's own,
 * untouched.
 *
 * Arguments: CoAP port, CoAPS port, HTTP port (0: any free one), folder of further object models, folder of keys (see
 * Security), size of the connection IDs that clients shall use, -1 for none, milliseconds that clients in queue mode
 * are awake. Says the ports as one line of JSON when ready, and ends when its standard input does, so that it never
 * outlives the test that started it.
 */
public final class Front {
	private Front() {
	}

	public static void main(String[] arguments) throws Exception {
		InetAddress loopback = InetAddress.getLoopbackAddress();
		InetSocketAddress coapAddress = new InetSocketAddress(loopback, Integer.parseInt(arguments[0]));
		InetSocketAddress coapsAddress = new InetSocketAddress(loopback, Integer.parseInt(arguments[1]));
		InetSocketAddress httpAddress = new InetSocketAddress(loopback, Integer.parseInt(arguments[2]));
		LeshanServerBuilder builder = new LeshanServerBuilder();
		builder.setObjectModelProvider(models(Path.of(arguments[3])));
		Security security = new Security(Path.of(arguments[4]));
		security.configure(builder);
		builder.setClientAwakeTimeProvider(new StaticClientAwakeTimeProvider(Integer.parseInt(arguments[6])));
		builder.setEndpointsProviders(endpoints(coapAddress, coapsAddress, Integer.parseInt(arguments[5])));
		LeshanServer server = builder.build();
		HttpServer web = HttpServer.create(httpAddress, 0);
		web.setExecutor(Executors.newCachedThreadPool());
		web.createContext("/api/event", new Events(server));
		web.createContext("/api/clients", new Clients(server));
		web.createContext("/api/security/", security);
		server.start();
		web.start();
		int coapPort = server.getEndpoint(Protocol.COAP).getURI().getPort();
		int coapsPort = server.getEndpoint(Protocol.COAPS).getURI().getPort();
		Map<String, Integer> ports = Map.of("coap", coapPort, "coaps", coapsPort, "http", web.getAddress().getPort());
		System.out.println(new ObjectMapper().writeValueAsString(ports));
		while (System.in.read() != -1) {
			// nothing is said to us; only the end counts
		}
		System.exit(0);
	}

	private static VersionedModelProvider models(Path folder) throws Exception {
		List<ObjectModel> models = new ArrayList<>(ObjectLoader.loadAllDefault());
		try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.xml")) {
			for (Path file : files) {
				// One by one: the loader of whole folders only warns about a file that it does not understand.
				models.addAll(ObjectLoader.loadDdfFile(Files.newInputStream(file), file.toString(), true));
			}
		}
		return new VersionedModelProvider(models);
	}

	private static CaliforniumServerEndpointsProvider endpoints(
			InetSocketAddress coap, InetSocketAddress coaps, int connectionIdBytes) {
		CaliforniumServerEndpointsProvider.Builder builder = new CaliforniumServerEndpointsProvider.Builder(
				new CoapServerProtocolProvider(), new CoapsServerProtocolProvider());
		Configuration configuration = builder.createDefaultConfiguration();
		// LwM2M asks for CBC_SHA256, too, which Scandium does not recommend any more.
		configuration.set(DtlsConfig.DTLS_RECOMMENDED_CIPHER_SUITES_ONLY, false);
		if (connectionIdBytes >= 0) configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, connectionIdBytes);
		builder.setConfiguration(configuration);
		return builder.addEndpoint(coap, Protocol.COAP).addEndpoint(coaps, Protocol.COAPS).build();
	}
}
