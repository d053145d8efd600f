import java.io.FileInputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Scanner;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Reads names of PDF files in frames (0x0B name 0x1C 0x0D); answers each with what is not as PDF/A-3b, a line each. */
public class Vera {
    public static void main(String[] arguments) {
        VeraGreenfieldFoundryProvider.initialise();
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        Scanner in = new Scanner(System.in, StandardCharsets.UTF_8).useDelimiter("\u001c\r");
        while (in.hasNext()) {
            out.print("\u000b" + faults(in.next().substring(1)) + "\u001c\r");
            out.flush();
        }
    }

    private static String faults(String name) {
        StringBuilder found = new StringBuilder();
        try (InputStream file = new FileInputStream(name);
             PDFAParser parser = Foundries.defaultInstance().createParser(file, PDFAFlavour.PDFA_3_B)) {
            PDFAValidator validator = Foundries.defaultInstance().createValidator(PDFAFlavour.PDFA_3_B, false);
            ValidationResult result = validator.validate(parser);
            for (TestAssertion fault : result.getTestAssertions()) {
                found.append(fault.getRuleId().getClause()).append(' ').append(fault.getMessage()).append('\n');
            }
            return result.isCompliant() ? "" : found.append("not compliant\n").toString();
        } catch (Exception broken) {
            return broken + "\n";
        }
    }
}
