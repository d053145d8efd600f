import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.common.hapi.validation.support.CachingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/**
 * HAPI's FHIR R4 validator: a resource in JSON framed VT ... FS CR on stdin, one frame on stdout for each.
 *
 * <p>A frame holds a line for each message of the validator: severity, message id, location and text, apart by tabs.
 */
public final class Validate {
  private static final int VT = 0x0b;
  private static final int FS = 0x1c;

  public static void main(String[] args) throws Exception {
    InputStream in = new BufferedInputStream(System.in, 1 << 16);
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    System.setOut(System.err);
    FhirContext context = FhirContext.forR4();
    ValidationSupportChain chain =
        new ValidationSupportChain(
            new DefaultProfileValidationSupport(context),
            new CommonCodeSystemsTerminologyService(context),
            new InMemoryTerminologyServerValidationSupport(context),
            new SnapshotGeneratingValidationSupport(context));
    FhirInstanceValidator instance = new FhirInstanceValidator(new CachingValidationSupport(chain));
    instance.setNoTerminologyChecks(false);
    FhirValidator validator = context.newValidator();
    validator.registerValidatorModule(instance);
    for (String text = frame(in); text != null; text = frame(in)) {
      List<String> found = new ArrayList<>();
      try {
        for (SingleValidationMessage one : validator.validateWithResult(text).getMessages()) {
          found.add(
              String.join(
                  "\t",
                  String.valueOf(one.getSeverity()),
                  String.valueOf(one.getMessageId()),
                  String.valueOf(one.getLocationString()),
                  String.valueOf(one.getMessage()).replaceAll("\\s+", " ")));
        }
      } catch (RuntimeException error) {
        found.add("FATAL\texception\t\t" + error);
      }
      out.write(VT);
      out.write(String.join("\n", found).getBytes(StandardCharsets.UTF_8));
      out.write(FS);
      out.write('\r');
      out.flush();
    }
    System.exit(0);
  }

  private static String frame(InputStream in) throws IOException {
    int c = in.read();
    while (c != VT && c != -1) {
      c = in.read();
    }
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (c = in.read(); c != -1; c = in.read()) {
      if (c == FS) {
        in.read();
        return data.toString(StandardCharsets.UTF_8);
      }
      data.write(c);
    }
    return null;
  }
}
