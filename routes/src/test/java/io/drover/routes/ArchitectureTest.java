package io.drover.routes;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Who may know whom in the application. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.drover.routes");

  @Test
  void theAwsLibraryStaysInTheConverter() {
    noClasses().should().dependOnClassesThat().resideInAPackage("software.amazon..").check(CLASSES);
  }

  @Test
  void packagesHaveNoCircles() {
    slices().matching("io.drover.routes.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void camelStaysInRoutesAndWhereTheyAreWired() {
    noClasses()
        .that()
        .resideInAnyPackage("..config..", "..boot..", "..logging..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.camel..")
        .check(CLASSES);
  }

  @Test
  void openTelemetryStaysInItsPackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage("..trace..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.opentelemetry..")
        .check(CLASSES);
  }

  @Test
  void nothingEvaluatesWhatAMessageSays() {
    noClasses()
        .should()
        .callMethod(org.apache.camel.model.ProcessorDefinition.class, "toD", String.class)
        .orShould()
        .callMethod(org.apache.camel.builder.BuilderSupport.class, "simple", String.class)
        .check(CLASSES);
  }

  @Test
  void noStateIsGlobal() {
    fields().that().areStatic().should().beFinal().check(CLASSES);
  }
}
