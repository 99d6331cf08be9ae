import gov.loc.repository.bagit.domain.Bag;
import gov.loc.repository.bagit.reader.BagReader;
import gov.loc.repository.bagit.verify.BagVerifier;
import java.nio.file.Paths;

/** Says of each folder whether it is a valid bag, every file by every manifest; exit 1 if one is not. */
public final class BagCheck {
    private BagCheck() {
    }

    public static void main(String[] folders) throws Exception {
        boolean all = folders.length > 0;
        try (BagVerifier verifier = new BagVerifier()) {
            for (String folder : folders) {
                try {
                    Bag bag = new BagReader().read(Paths.get(folder));
                    verifier.isValid(bag, false);
                    System.out.println("valid " + folder);
                } catch (Exception error) {
                    all = false;
                    System.out.println("invalid " + folder + ": " + error);
                }
            }
        }
        System.exit(all ? 0 : 1);
    }
}
