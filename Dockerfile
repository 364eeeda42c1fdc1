FROM eclipse-temurin:17.0.19_10-jdk-noble AS build
WORKDIR /src
COPY . .
RUN ./mvnw -q -B -ntp -DskipTests package

FROM eclipse-temurin:17.0.19_10-jre-noble
# optional: deflate-compressed images are read in half the time
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends libdeflate0 \
 && rm -rf /var/lib/apt/lists/*
# file names are decoded by the locale
ENV LC_ALL=C.UTF-8
COPY --from=build /src/routes/target/lib /opt/drover/lib
COPY --from=build /src/routes/target/drover.jar /src/drover /opt/drover/
COPY config /opt/drover/config
# volumes take their owner from here
RUN ln -s /opt/drover/drover /usr/local/bin/drover \
 && mkdir -p /inbox /var/lib/drover \
 && chown 10001:10001 /inbox /var/lib/drover
ENV HOME=/var/lib/drover
WORKDIR /var/lib/drover
USER 10001:10001
# Runs on a read-only root: it writes to /inbox, /var/lib/drover and /tmp, and loads native code
# (JNA, zstd) from /tmp, which must therefore not be mounted noexec.
VOLUME ["/inbox", "/var/lib/drover"]
EXPOSE 8080
ENTRYPOINT ["/opt/drover/drover"]
CMD ["serve"]
