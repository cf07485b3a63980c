package dormouse.scandium;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.Principal;
import java.security.PrivateKey;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.elements.AddressEndpointContext;
import org.eclipse.californium.elements.DtlsEndpointContext;
import org.eclipse.californium.elements.MapBasedEndpointContext;
import org.eclipse.californium.elements.MapBasedEndpointContext.Attributes;
import org.eclipse.californium.elements.RawData;
import org.eclipse.californium.elements.config.CertificateAuthenticationMode;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.util.SslContextUtil;
import org.eclipse.californium.elements.util.StringUtil;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConfig.DtlsRole;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.AlertMessage;
import org.eclipse.californium.scandium.dtls.CertificateType;
import org.eclipse.californium.scandium.dtls.DTLSContext;
import org.eclipse.californium.scandium.dtls.DTLSSession;
import org.eclipse.californium.scandium.dtls.HandshakeException;
import org.eclipse.californium.scandium.dtls.Handshaker;
import org.eclipse.californium.scandium.dtls.SessionListener;
import org.eclipse.californium.scandium.dtls.SingleNodeConnectionIdGenerator;
import org.eclipse.californium.scandium.dtls.cipher.CipherSuite;
import org.eclipse.californium.scandium.dtls.pskstore.AdvancedMultiPskStore;
import org.eclipse.californium.scandium.dtls.pskstore.AdvancedSinglePskStore;
import org.eclipse.californium.scandium.dtls.x509.SingleCertificateProvider;
import org.eclipse.californium.scandium.dtls.x509.StaticNewAdvancedCertificateVerifier;

/**
 * One DTLS endpoint of Scandium for tests: the words and the lines of ../peer.c. A server (role "both") takes "connect
 * PORT" too, and begins a handshake itself. Everything stays on 127.0.0.1.
 */
public final class ScandiumPeer {
	private static final Map<String, String> wanted = new HashMap<>();
	private static final Map<String, CipherSuite> suites = Map.of(
			"PSK_CCM8", CipherSuite.TLS_PSK_WITH_AES_128_CCM_8,
			"PSK_GCM", CipherSuite.TLS_PSK_WITH_AES_128_GCM_SHA256,
			"PSK_CBC", CipherSuite.TLS_PSK_WITH_AES_128_CBC_SHA256,
			"ECDHE_CCM8", CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
			"ECDHE_GCM", CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
			"ECDHE_CBC", CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256);
	/** Scandium begins a handshake when there is something to send: this, which the tests leave out. */
	private static final byte[] opening = {0};
	private static boolean isServer;
	private static DTLSConnector connector;
	private static InetSocketAddress server;

	private static synchronized void tell(String event, String more) {
		System.out.println("{\"event\":\"" + event + "\"" + more + "}");
		System.out.flush();
	}

	private static String quoted(Object text) {
		return "\"" + String.valueOf(text).replaceAll("[\"\\\\\\r\\n]", " ") + "\"";
	}

	private static void told(Handshaker handshaker) {
		DTLSSession session = handshaker.getSession();
		Principal peer = session.getPeerIdentity();
		tell("established", ",\"resumed\":" + !handshaker.isFullHandshake() + ",\"ems\":" + session.useExtendedMasterSecret()
				+ ",\"suite\":" + quoted(session.getCipherSuite()) + ",\"peer\":" + quoted(peer == null ? "" : peer.getName()));
	}

	/** Tells how handshakes end. */
	private static final SessionListener ends = new SessionListener() {
		@Override
		public void handshakeStarted(Handshaker handshaker) {
		}

		@Override
		public void contextEstablished(Handshaker handshaker, DTLSContext context) {
			told(handshaker);
		}

		@Override
		public void handshakeCompleted(Handshaker handshaker) {
		}

		@Override
		public void handshakeFailed(Handshaker handshaker, Throwable error) {
			String alert = "no alert";
			if (error instanceof HandshakeException && ((HandshakeException) error).getAlert() != null) {
				alert = "alert " + ((HandshakeException) error).getAlert().getDescription().getCode();
			}
			tell("failed", ",\"why\":" + quoted(alert + "; " + error.getMessage()));
		}

		@Override
		public void handshakeFlightRetransmitted(Handshaker handshaker, int flight) {
		}
	};

	@SuppressWarnings("deprecation") // the only way to a cookie in every handshake
	private static Configuration configuration() {
		Configuration configuration = new Configuration();
		configuration.set(DtlsConfig.DTLS_ROLE, isServer ? DtlsRole.BOTH : DtlsRole.CLIENT_ONLY);
		configuration.set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1);
		configuration.set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 1);
		configuration.set(DtlsConfig.DTLS_RETRANSMISSION_TIMEOUT, 1000, TimeUnit.MILLISECONDS);
		configuration.set(DtlsConfig.DTLS_RECOMMENDED_CIPHER_SUITES_ONLY, false);
		configuration.set(DtlsConfig.DTLS_USE_SERVER_NAME_INDICATION, wanted.containsKey("name"));
		configuration.set(DtlsConfig.DTLS_VERIFY_SERVER_CERTIFICATES_SUBJECT, wanted.containsKey("name"));
		configuration.setAsList(DtlsConfig.DTLS_CIPHER_SUITES, suites.get(wanted.get("suite")));
		configuration.set(DtlsConfig.DTLS_USE_HELLO_VERIFY_REQUEST_FOR_PSK, true);
		// The threshold would let a resumption go without a cookie.
		configuration.set(DtlsConfig.DTLS_VERIFY_PEERS_ON_RESUMPTION_THRESHOLD, 0);
		boolean asks = "1".equals(wanted.get("verify"));
		configuration.set(DtlsConfig.DTLS_CLIENT_AUTHENTICATION_MODE,
				asks ? CertificateAuthenticationMode.NEEDED : CertificateAuthenticationMode.NONE);
		if (wanted.containsKey("mtu")) {
			configuration.set(DtlsConfig.DTLS_MAX_TRANSMISSION_UNIT, Integer.parseInt(wanted.get("mtu")) + 28);
		}
		String cid = wanted.get("cid");
		if (cid != null) {
			configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, cid.equals("empty") ? 0 : cid.length() / 2);
		}
		return configuration;
	}

	private static PrivateKey privateKey() throws Exception {
		return SslContextUtil.loadPrivateKey(wanted.get("key"), null, null, null);
	}

	private static void addKeys(DtlsConnectorConfig.Builder builder) throws Exception {
		if (wanted.get("auth").equals("psk")) {
			String identity = wanted.get("identity");
			byte[] key = StringUtil.hex2ByteArray(wanted.get("psk"));
			AdvancedMultiPskStore keys = new AdvancedMultiPskStore();
			keys.setKey(identity, key);
			builder.setAdvancedPskStore(isServer && !wanted.containsKey("initiates") ? keys
					: new AdvancedSinglePskStore(identity, key));
			return;
		}
		StaticNewAdvancedCertificateVerifier.Builder trust = StaticNewAdvancedCertificateVerifier.builder();
		if (wanted.get("auth").equals("rpk")) {
			builder.setCertificateIdentityProvider(new SingleCertificateProvider(privateKey(),
					SslContextUtil.loadPublicKey(wanted.get("pub"), null, null)));
			trust.setTrustAllRPKs();
		} else {
			if (wanted.containsKey("cert")) {
				builder.setCertificateIdentityProvider(new SingleCertificateProvider(privateKey(),
						SslContextUtil.loadTrustedCertificates(wanted.get("cert")), CertificateType.X_509));
			}
			trust.setTrustedCertificates(SslContextUtil.loadTrustedCertificates(wanted.get("ca")));
		}
		builder.setAdvancedCertificateVerifier(trust.build());
	}

	private static void open(int port) throws Exception {
		DtlsConnectorConfig.Builder builder = DtlsConnectorConfig.builder(configuration());
		builder.setAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
		addKeys(builder);
		String cid = wanted.get("cid");
		if (cid != null) builder.setConnectionIdGenerator(new SingleNodeConnectionIdGenerator(
				cid.equals("empty") ? 0 : cid.length() / 2));
		builder.setSessionListener(ends);
		connector = new DTLSConnector(builder.build());
		connector.setAlertHandler((InetSocketAddress peer, AlertMessage alert) -> {
			int code = alert.getDescription().getCode();
			tell("closed", ",\"why\":\"alert " + code + "\"");
		});
		connector.setRawDataReceiver((RawData data) -> {
			tell("received", ",\"hex\":\"" + StringUtil.byteArray2Hex(data.bytes).toLowerCase() + "\",\"from\":"
					+ data.getInetSocketAddress().getPort());
			if (isServer && !wanted.containsKey("mute")) {
				connector.send(RawData.outbound(data.bytes, data.getEndpointContext(), null, false));
			}
		});
		connector.start();
	}

	private static void send(byte[] bytes, InetSocketAddress to, String mode) {
		AddressEndpointContext context = mode == null && !wanted.containsKey("name") ? new AddressEndpointContext(to)
				: new MapBasedEndpointContext(to, wanted.get("name"), null, mode == null ? new Attributes()
						: new Attributes().add(DtlsEndpointContext.KEY_HANDSHAKE_MODE, mode));
		connector.send(RawData.outbound(bytes, context, null, false));
	}

	private static void obey(String[] words) {
		switch (words[0]) {
		case "send":
			send(StringUtil.hex2ByteArray(words[1]), server, null);
			break;
		case "connect":
			server = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(words[1]));
			send(opening, server, null);
			break;
		case "close":
			connector.close(server);
			break;
		case "again":
			connector.close(server);
			send(opening, server, DtlsEndpointContext.HANDSHAKE_MODE_FORCE);
			break;
		case "fresh":
			connector.close(server);
			send(opening, server, DtlsEndpointContext.HANDSHAKE_MODE_FORCE_FULL);
			break;
		default:
			break;
		}
	}

	public static void main(String[] arguments) throws Exception {
		DtlsConfig.register();
		for (String word : arguments) {
			int at = word.indexOf('=');
			wanted.put(word.substring(0, at), word.substring(at + 1));
		}
		isServer = wanted.get("role").equals("server");
		int port = Integer.parseInt(wanted.get("port"));
		open(isServer ? port : 0);
		System.out.println("{\"port\":" + port + "}");
		System.out.flush();
		if (!isServer) obey(new String[] {"connect", String.valueOf(port)});
		BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
		for (String line = orders.readLine(); line != null; line = orders.readLine()) {
			String[] words = line.trim().split(" ");
			if (words.length > 0) obey(words);
		}
		connector.destroy();
		System.exit(0);
	}
}
