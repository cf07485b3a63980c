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
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;

/**
 * Leshan's LwM2M server, from the libraries that Maven Central has, with the part of leshan-demo-server's REST calls
 * and events that the interop suite uses. The LwM2M side (CoAP, registry, codecs, observations) is Leshan's own,
 * untouched.
 *
 * Arguments: CoAP port, HTTP port (0: any free one), folder of further object models. Says the ports as one line of
 * JSON when ready, and ends when its standard input does, so that it never outlives the test that started it.
 */
public final class Front {
	private Front() {
	}

	public static void main(String[] arguments) throws Exception {
		InetAddress loopback = InetAddress.getLoopbackAddress();
		InetSocketAddress coapAddress = new InetSocketAddress(loopback, Integer.parseInt(arguments[0]));
		InetSocketAddress httpAddress = new InetSocketAddress(loopback, Integer.parseInt(arguments[1]));
		LeshanServer server = lwm2mServer(coapAddress, Path.of(arguments[2]));
		HttpServer web = HttpServer.create(httpAddress, 0);
		web.setExecutor(Executors.newCachedThreadPool());
		web.createContext("/api/event", new Events(server));
		web.createContext("/api/clients", new Clients(server));
		server.start();
		web.start();
		int coapPort = server.getEndpoint(Protocol.COAP).getURI().getPort();
		Map<String, Integer> ports = Map.of("coap", coapPort, "http", web.getAddress().getPort());
		System.out.println(new ObjectMapper().writeValueAsString(ports));
		while (System.in.read() != -1) {
			// nothing is said to us; only the end counts
		}
		System.exit(0);
	}

	private static LeshanServer lwm2mServer(InetSocketAddress coapAddress, Path modelFolder) throws Exception {
		List<ObjectModel> models = new ArrayList<>(ObjectLoader.loadAllDefault());
		try (DirectoryStream<Path> files = Files.newDirectoryStream(modelFolder, "*.xml")) {
			for (Path file : files) {
				// One by one: the loader of whole folders only warns about a file that it does not understand.
				models.addAll(ObjectLoader.loadDdfFile(Files.newInputStream(file), file.toString(), true));
			}
		}
		LeshanServerBuilder builder = new LeshanServerBuilder();
		builder.setObjectModelProvider(new VersionedModelProvider(models));
		builder.setEndpointsProviders(new CaliforniumServerEndpointsProvider.Builder(new CoapServerProtocolProvider())
				.addEndpoint(coapAddress, Protocol.COAP)
				.build());
		return builder.build();
	}
}
