// A managed identity for each service, as which its pods sign in.

@description('Beginning of all names.')
param prefix string

@description('Azure region.')
param location string

@description('Tags of all resources.')
param tags object

@description('Issuer of the tokens of the cluster\'s service accounts.')
param issuer string

@description('Kubernetes namespace of the release.')
param namespace string

@description('Name of the Helm release, with which the names of its service accounts begin.')
param release string

@description('Services that have an identity.')
param services string[]

// KEDA's operator signs in as the identity that a ScaledObject names, so it is the operator that must be trusted.
var keda = 'keda'
var all = concat(services, [keda])

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = [
  for service in all: {
    name: '${prefix}-${service}'
    location: location
    tags: tags
  }
]

// One after the other: Entra ID refuses some that are made at once.
@batchSize(1)
resource credentials 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [
  for (service, i) in all: {
    parent: identities[i]
    name: 'kubernetes'
    properties: {
      issuer: issuer
      subject: service == keda
        ? 'system:serviceaccount:kube-system:keda-operator'
        : 'system:serviceaccount:${namespace}:${release}-${service}'
      audiences: ['api://AzureADTokenExchange']
    }
  }
]

@description('Of each identity: service, principalId and clientId.')
output all array = [
  for (service, i) in all: {
    service: service
    principalId: identities[i].properties.principalId
    clientId: identities[i].properties.clientId
  }
]
