import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.PreferReturnEnum;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.ServerValidationModeEnum;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.instance.model.api.IBaseOperationOutcome;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.ServiceRequest;

/**
 * HAPI's generic client as a sender: each frame on stdin (VT ... FS CR) is `json` or `xml`, a line end, and a transaction
 * Bundle in JSON; the answer is a line for each step that it took, or `ERROR ...`.
 */
public final class Client {
  public static void main(String[] args) throws Exception {
    FhirContext context = FhirContext.forR4();
    context.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.ONCE);
    context.getRestfulClientFactory().setSocketTimeout(30000);
    IGenericClient client = context.newRestfulGenericClient(args[0]);
    InputStream in = new BufferedInputStream(System.in, 1 << 16);
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    System.setOut(System.err);
    for (String frame = frame(in); frame != null; frame = frame(in)) {
      String said;
      try {
        said = String.join("\n", walk(context, client, frame));
      } catch (BaseServerResponseException wrong) {
        said = "ERROR " + wrong.getStatusCode() + " " + wrong.getMessage();
      } catch (RuntimeException wrong) {
        said = "ERROR " + wrong;
      }
      out.write(0x0b);
      out.write(said.getBytes(StandardCharsets.UTF_8));
      out.write(0x1c);
      out.write('\r');
      out.flush();
    }
  }

  private static List<String> walk(FhirContext context, IGenericClient client, String frame) {
    List<String> steps = new ArrayList<>();
    String format = frame.substring(0, frame.indexOf('\n'));
    client.setEncoding(format.equals("xml") ? EncodingEnum.XML : EncodingEnum.JSON);
    Bundle sent = context.newJsonParser().parseResource(Bundle.class, frame.substring(frame.indexOf('\n') + 1));
    CapabilityStatement statement = client.capabilities().ofType(CapabilityStatement.class).execute();
    steps.add("metadata " + statement.getFhirVersion().toCode());

    Bundle answer = client.transaction().withBundle(sent).execute();
    steps.add("transaction " + answer.getEntryFirstRep().getResponse().getStatus());
    IdType order = new IdType(answer.getEntryFirstRep().getResponse().getLocation());
    ServiceRequest read = client.read().resource(ServiceRequest.class).withId(order.getIdPart()).execute();
    steps.add("read " + read.getMeta().getVersionId());

    Patient patient = new Patient();
    patient.addIdentifier().setSystem("urn:mrn").setValue("hapi-" + format);
    patient.addName().setFamily("Schröder & <Söhne>").addGiven("Ada");
    MethodOutcome created = client.create().resource(patient).prefer(PreferReturnEnum.REPRESENTATION).execute();
    steps.add("create " + created.getCreated() + " " + ((Patient) created.getResource()).getNameFirstRep().getFamily());
    MethodOutcome again = client.create().resource(patient).conditional()
        .where(Patient.IDENTIFIER.exactly().systemAndCode("urn:mrn", "hapi-" + format)).execute();
    steps.add("if-none-exist " + again.getId().getIdPart().equals(created.getId().getIdPart()));
    Patient changed = (Patient) created.getResource();
    changed.setActive(true);
    steps.add("update " + client.update().resource(changed).execute().getId().getVersionIdPart());
    steps.add("conditional-update " + client.update().resource(changed.setActive(false)).conditional()
        .where(Patient.IDENTIFIER.exactly().systemAndCode("urn:mrn", "hapi-" + format)).execute().getId()
        .getVersionIdPart());
    steps.add("vread " + client.read().resource(Patient.class)
        .withIdAndVersion(created.getId().getIdPart(), "1").execute().hasActive());
    Bundle history = client.history().onInstance(created.getId().toUnqualifiedVersionless())
        .returnBundle(Bundle.class).execute();
    steps.add("history " + history.getEntry().size());
    Bundle found = client.search().forResource(ServiceRequest.class)
        .where(ServiceRequest.SUBJECT.hasId(read.getSubject().getReferenceElement().getIdPart()))
        .include(ServiceRequest.INCLUDE_SUBJECT).returnBundle(Bundle.class).execute();
    steps.add("search " + found.getTotal() + " " + found.getEntry().size());
    OperationOutcome fine = (OperationOutcome) client.validate().resource((Resource) patient).execute()
        .getOperationOutcome();
    steps.add("validate " + fine.getIssueFirstRep().getSeverity().toCode());
    try {
      client.read().resource(Patient.class).withId("none").execute();
    } catch (BaseServerResponseException gone) {
      steps.add("gone " + gone.getStatusCode() + " " + code(gone.getOperationOutcome()));
    }
    read.setStatus(ServiceRequest.ServiceRequestStatus.REVOKED);
    steps.add("revoke " + client.update().resource(read).execute().getId().getVersionIdPart());
    return steps;
  }

  private static String code(IBaseOperationOutcome outcome) {
    return ((OperationOutcome) outcome).getIssueFirstRep().getCode().toCode();
  }

  private static String frame(InputStream in) throws IOException {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (int read = in.read(); read != -1; read = in.read()) {
      if (read == 0x0b) {
        data.reset();
      } else if (read == 0x1c) {
        in.read();
        return data.toString(StandardCharsets.UTF_8);
      } else {
        data.write(read);
      }
    }
    return null;
  }
}
