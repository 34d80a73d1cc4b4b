// Copyright: (c) 2026, stapling.httpd contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.FileReader;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.security.PrivateKey;
import java.util.Date;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executors;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPRespBuilder;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPReq;
import org.bouncycastle.cert.ocsp.OCSPRespBuilder;
import org.bouncycastle.cert.ocsp.Req;
import org.bouncycastle.cert.ocsp.RespID;
import org.bouncycastle.cert.ocsp.UnknownStatus;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An OCSP responder as Bouncy Castle's classes make it: the authority signs, and nothing is embedded. */
public final class Responder {
    private static final long DAY = 24L * 60 * 60 * 1000;

    public static void main(String[] arguments) throws Exception {
        X509CertificateHolder issuer = (X509CertificateHolder) read(arguments[1]);
        PrivateKey key = new JcaPEMKeyConverter().getPrivateKey((PrivateKeyInfo) read(arguments[2]));
        Set<BigInteger> issued = issued(new File(arguments[3]));
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(arguments[0])), 0);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.createContext("/", exchange -> {
            try {
                byte[] answer = answer(new OCSPReq(exchange.getRequestBody().readAllBytes()), issuer, key, issued);
                exchange.getResponseHeaders().set("Content-Type", "application/ocsp-response");
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
            } catch (Exception error) {
                exchange.sendResponseHeaders(500, -1);
            } finally {
                exchange.close();
            }
        });
        server.start();
    }

    private static byte[] answer(
            OCSPReq question, X509CertificateHolder issuer, PrivateKey key, Set<BigInteger> issued)
            throws Exception {
        BasicOCSPRespBuilder builder = new BasicOCSPRespBuilder(new RespID(issuer.getSubject()));
        Date now = new Date();
        for (Req request : question.getRequestList()) {
            boolean known = issued.contains(request.getCertID().getSerialNumber());
            CertificateStatus status = known ? CertificateStatus.GOOD : new UnknownStatus();
            builder.addResponse(request.getCertID(), status, now, new Date(now.getTime() + 7 * DAY), null);
        }
        // One for each answer: a signer that two threads share mixes up what they sign.
        ContentSigner signer = new JcaContentSignerBuilder("SHA256withRSA").build(key);
        return new OCSPRespBuilder()
                .build(OCSPRespBuilder.SUCCESSFUL, builder.build(signer, null, now))
                .getEncoded();
    }

    private static Set<BigInteger> issued(File index) throws Exception {
        Set<BigInteger> found = new HashSet<>();
        for (String line : Files.readAllLines(index.toPath())) {
            found.add(new BigInteger(line.split("\t")[3], 16));
        }
        return found;
    }

    private static Object read(String path) throws Exception {
        try (PEMParser parser = new PEMParser(new FileReader(path))) {
            return parser.readObject();
        }
    }
}
