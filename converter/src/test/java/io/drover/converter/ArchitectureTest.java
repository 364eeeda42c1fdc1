package io.drover.converter;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Who may depend on whom, and what nothing may be called. */
class ArchitectureTest {
  private static final JavaClasses CONVERTER =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.drover.converter");

  @Test
  void theRulesHaveSomethingToLookAt() {
    assertTrue(CONVERTER.contain("io.drover.converter.object.s3.S3ObjectStore"));
  }

  @Test
  void onlyOnePackageKnowsTheVendorsLibrary() {
    noClasses()
        .that()
        .resideOutsideOfPackage("..object.s3..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("software.amazon..")
        .check(CONVERTER);
  }

  @Test
  void neitherCamelNorKafkaNorTheApplication() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.camel..", "org.apache.kafka..", "io.drover.routes..", "io.drover.sandbox..")
        .check(CONVERTER);
  }

  @Test
  void packagesAreFreeOfCycles() {
    slices().matching("io.drover.converter.(**)").should().beFreeOfCycles().check(CONVERTER);
  }

  @Test
  void namesSayWhatAClassIs() {
    classes()
        .should()
        .haveNameNotMatching(".*\\.[^.]*(Util|Helper|Manager|Impl([A-Z$]|$))[^.]*")
        .check(CONVERTER);
  }

  @Test
  void noStaticFieldChanges() {
    fields().that().areStatic().should().beFinal().check(CONVERTER);
  }
}
