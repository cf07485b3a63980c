package dormouse.leshan;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.object.Device;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.core.LwM2mId;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;

/**
 * Leshan's client, which knows a Bootstrap-Server and nothing else. Ends with its standard input.
 *
 * <p>Arguments: endpoint client name, URI of the Bootstrap-Server; for DTLS the identity of a pre-shared key, and the key
 * in hexadecimal digits.
 */
public final class Client {
	public static void main(String[] words) throws Exception {
		ObjectsInitializer objects = new ObjectsInitializer();
		objects.setInstancesForObject(LwM2mId.SECURITY, security(words));
		objects.setClassForObject(LwM2mId.SERVER, Server.class);
		objects.setInstancesForObject(LwM2mId.DEVICE, new Device("Leshan", "client", "1"));
		objects.setDummyInstancesForObject(LwM2mId.ACCESS_CONTROL);
		LeshanClientBuilder builder = new LeshanClientBuilder(words[0]);
		builder.setObjects(objects.createAll());
		builder.setEndpointsProviders(
				new CaliforniumClientEndpointsProvider.Builder(new CoapClientProtocolProvider(), new CoapsClientProtocolProvider())
						.build());
		LeshanClient client = builder.build();
		client.start();
		while (System.in.read() >= 0) continue;
		client.stop(true);
		System.exit(0);
	}

	private static Security security(String[] words) {
		if (words.length < 4) return Security.noSecBootstrap(words[1]);
		byte[] identity = words[2].getBytes(StandardCharsets.UTF_8);
		return Security.pskBootstrap(words[1], identity, HexFormat.of().parseHex(words[3]));
	}
}
