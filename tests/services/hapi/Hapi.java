import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.HL7Exception;
import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.app.Connection;
import ca.uhn.hl7v2.model.AbstractGroup;
import ca.uhn.hl7v2.model.Composite;
import ca.uhn.hl7v2.model.GenericMessage;
import ca.uhn.hl7v2.model.GenericSegment;
import ca.uhn.hl7v2.model.Group;
import ca.uhn.hl7v2.model.Message;
import ca.uhn.hl7v2.model.Segment;
import ca.uhn.hl7v2.model.Structure;
import ca.uhn.hl7v2.model.Type;
import ca.uhn.hl7v2.model.Varies;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * HAPI HL7v2 as an independent second opinion: messages framed VT ... FS CR on stdin, one frame on stdout for each.
 *
 * <p>`check`: the names of what is wrong with the message, a line each; an empty frame when nothing is. `send HOST PORT
 * [SECONDS]`: the acknowledgement that HAPI's MLLP client got, or a line `ERROR ...`; all go over one connection.
 */
public final class Hapi {
  private static final int VT = 0x0b;
  private static final int FS = 0x1c;

  public static void main(String[] args) throws Exception {
    InputStream in = new BufferedInputStream(System.in, 1 << 16);
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    System.setOut(System.err);
    System.setProperty("ca.uhn.hl7v2.llp.charset", "UTF-8");
    if (args[0].equals("check")) {
      check(in, out);
    } else {
      send(in, out, args[1], Integer.parseInt(args[2]), args.length > 3 ? Integer.parseInt(args[3]) : 30);
    }
    System.exit(0);
  }

  private static void check(InputStream in, PrintStream out) throws IOException {
    HapiContext context = new DefaultHapiContext();
    context.setValidationContext(ValidationContextFactory.defaultValidation());
    context.getParserConfiguration().setAllowUnknownVersions(false);
    for (String text = frame(in); text != null; text = frame(in)) {
      List<String> wrong = new ArrayList<>();
      try {
        walk(context.getPipeParser().parse(text), wrong);
      } catch (HL7Exception | RuntimeException error) {
        wrong.add(String.valueOf(error.getMessage()));
      }
      answer(out, String.join("\n", wrong));
    }
  }

  private static void send(InputStream in, PrintStream out, String host, int port, int seconds) throws Exception {
    HapiContext context = new DefaultHapiContext();
    context.setValidationContext(ValidationContextFactory.noValidation());
    Connection connection = context.newClient(host, port, false);
    connection.getInitiator().setTimeout(seconds, TimeUnit.SECONDS);
    for (String text = frame(in); text != null; text = frame(in)) {
      try {
        Message reply = connection.getInitiator().sendAndReceive(context.getGenericParser().parse(text));
        answer(out, reply.encode());
      } catch (HL7Exception | IOException | RuntimeException error) {
        answer(out, "ERROR " + error.getMessage());
      }
    }
    connection.close();
  }

  private static String frame(InputStream in) throws IOException {
    int next = in.read();
    while (next >= 0 && next != VT) {
      next = in.read();
    }
    if (next < 0) {
      return null;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (next = in.read(); next >= 0 && next != FS; next = in.read()) {
      bytes.write(next);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static void answer(PrintStream out, String text) {
    out.write(VT);
    out.print(text);
    out.write(FS);
    out.write('\r');
    out.flush();
  }

  /** What HAPI's parser itself lets pass: unknown structures, missing and repeated parts, components too many. */
  private static void walk(Message message, List<String> wrong) throws HL7Exception {
    if (message instanceof GenericMessage) {
      wrong.add("no structure is known for " + message.getName() + " in version " + message.getVersion());
      return;
    }
    group(message, wrong);
  }

  private static void group(Group group, List<String> wrong) throws HL7Exception {
    for (String name : group.getNames()) {
      Structure[] found = group.getAll(name);
      boolean there = false;
      for (Structure one : found) {
        there |= !one.isEmpty();
      }
      boolean house = group instanceof AbstractGroup && ((AbstractGroup) group).getNonStandardNames().contains(name);
      if (house && there && !name.startsWith("Z")) {
        wrong.add(group.getName() + ": " + name + " does not belong here");
      }
      if (!there) {
        if (group.isRequired(name) && !group.isChoiceElement(name)) {
          wrong.add(group.getName() + ": " + name + " is required");
        }
        continue;
      }
      if (found.length > 1 && !group.isRepeating(name) && !house) {
        wrong.add(group.getName() + ": " + name + " may not repeat");
      }
      for (Structure one : found) {
        if (one instanceof Group) {
          group((Group) one, wrong);
        } else if (!(one instanceof GenericSegment)) {
          segment((Segment) one, wrong);
        }
      }
    }
  }

  private static void segment(Segment segment, List<String> wrong) throws HL7Exception {
    int declared = segment.getNames().length;
    for (int number = 1; number <= segment.numFields(); number++) {
      String place = segment.getName() + "-" + number;
      Type[] repetitions = segment.getField(number);
      boolean there = false;
      for (Type one : repetitions) {
        there |= !one.isEmpty();
        components(one, place, wrong);
      }
      if (number > declared) {
        if (there) {
          wrong.add(place + " is not a field of the segment");
        }
        continue;
      }
      if (segment.isRequired(number) && !there) {
        wrong.add(place + " is required");
      }
      int most = segment.getMaxCardinality(number);
      if (most > 0 && repetitions.length > most) {
        wrong.add(place + " repeats more than " + most + " times");
      }
    }
  }

  private static void components(Type type, String place, List<String> wrong) {
    Type actual = type instanceof Varies ? ((Varies) type).getData() : type;
    if (actual.getExtraComponents().numComponents() > 0) {
      wrong.add(place + " has more components than " + actual.getName());
    }
    if (actual instanceof Composite) {
      for (Type part : ((Composite) actual).getComponents()) {
        components(part, place, wrong);
      }
    }
  }
}
